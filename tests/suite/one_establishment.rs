//! The log of one establishment.

use std::collections::BTreeMap;

use acceptance::{
    engine::Engine,
    on_both_engines, replay,
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{event::Event, values::Uai};
use store::{EventRecord, StreamId};

on_both_engines!(an_establishment_is_read_alone_and_whole);

/// The events of each stream, in order, and the number of the last.
type Streams = BTreeMap<StreamId, (u64, Vec<Event>)>;

/// "What did 3e A look like on 12 March?" is answered from the events of one establishment. One of
/// another school among them would show its pupils; one missing, or out of order, would tell a wrong
/// history; one from after that day, what nobody could have seen on it.
async fn an_establishment_is_read_alone_and_whole(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let size = Size {
        classes: 2,
        students_per_class: 3,
        without_class: 1,
    };
    let (one, other) = tokio::try_join!(world.school(size), world.school(size))?;

    let everything = replay::read_log(world.store(), 1_000).await?;
    for school in [&one, &other] {
        let own: Vec<&EventRecord> = everything
            .iter()
            .filter(|event| event.establishment == school.uai)
            .collect();
        ensure!(own.len() > 20, "hardly anything happened");
        let begun = own.iter().map(|event| event.recorded_at).min();
        let ended = own.iter().map(|event| event.recorded_at).max();
        let (begun, ended) = begun.zip(ended).context("no event")?;
        let before = TimeDelta::microseconds(1);
        for until in [begun - before, begun, ended - before, ended] {
            let expected = streams(own.iter().filter(|event| event.recorded_at <= until));
            let read = read(&world, &school.uai, until, "true").await?;
            ensure!(read == expected, "{read:#?}\nis not\n{expected:#?}");
        }
        let classes = own.iter().filter(|it| it.event.aggregate_type() == "class");
        let read = read(&world, &school.uai, ended, "aggregate_type = 'class'").await?;
        ensure!(read == streams(classes), "{read:#?}");
    }
    let listed = world.listed_school(None).await?;
    let now = world.commands.clock().now();
    let read = read(&world, &listed, now, "true").await?;
    ensure!(read.len() == 1, "a new school was only listed");
    Ok(())
}

async fn read(
    world: &World,
    uai: &Uai,
    until: DateTime<Utc>,
    condition: &'static str,
) -> anyhow::Result<Streams> {
    let mut reader = world.store().reader().await?;
    let read = reader
        .conn()
        .read_establishment(uai, until, condition)
        .await?;
    let read = read.into_iter();
    Ok(read.map(|(id, it)| (id, (it.version, it.events))).collect())
}

fn streams<'e>(events: impl Iterator<Item = &'e &'e EventRecord>) -> Streams {
    let mut streams = Streams::new();
    for record in events {
        let (version, events) = streams.entry(record.stream.clone()).or_default();
        *version = record.sequence;
        events.push(record.event.clone());
    }
    streams
}
