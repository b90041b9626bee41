//! Whoever reads the log in order never misses an event that was committed late.

use std::time::Duration;

use acceptance::{
    command_line,
    engine::Engine,
    on_both_engines, on_postgres,
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use domain::{
    actor::{Actor, Metadata},
    ids::{CommandId, CorrelationId, StudentId},
    student::{Student, StudentEvent},
    values::Uai,
};
use futures::future::try_join_all;
use sqlx::{PgConnection, PgPool};
use store::{
    Append, Checkpoint, Conn, EventRecord, LoggedEvent, Store, StoreError, StreamId, Write,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

on_postgres!(
    an_event_held_back_is_waited_for,
    a_late_commit_at_a_lower_position_is_not_skipped,
    a_log_ahead_of_its_cluster_is_refused,
);
on_both_engines!(a_reader_beside_writers_sees_every_event_once);

/// The registration of a pupil, as an action appends it, and the stream it starts.
fn registration(world: &World, uai: &Uai) -> anyhow::Result<(Append, String)> {
    let clock = world.commands.clock();
    let id = StudentId::new(clock.new_uuid());
    let event = StudentEvent::StudentRegistered {
        establishment: uai.clone(),
        school_year: world.school_year()?,
    };
    let record = EventRecord {
        stream: StreamId::of::<Student>(&id),
        sequence: 1,
        event: event.into(),
        metadata: Metadata {
            command: CommandId::new(clock.new_uuid()),
            correlation: CorrelationId::new(clock.new_uuid()),
            actor: Actor::system(),
        },
        recorded_at: clock.now(),
        establishment: uai.clone(),
    };
    let append = Append {
        events: vec![record],
        ..Append::default()
    };
    Ok((append, id.to_string()))
}

/// Keeps the transaction of an append open: says that everything is written, then waits.
struct Hold {
    written: Notify,
    released: Notify,
}

#[async_trait]
impl Write for Hold {
    async fn write(&self, _: &mut Conn<'_>) -> Result<(), StoreError> {
        self.written.notify_one();
        self.released.notified().await;
        Ok(())
    }
}

/// Keeps it open for a while, then commits it or gives it up.
struct Dawdle {
    micros: u64,
    gives_up: bool,
}

#[async_trait]
impl Write for Dawdle {
    async fn write(&self, _: &mut Conn<'_>) -> Result<(), StoreError> {
        sleep(Duration::from_micros(self.micros)).await;
        if self.gives_up {
            Err(StoreError::Url)
        } else {
            Ok(())
        }
    }
}

fn ids(events: &[LoggedEvent]) -> Vec<&str> {
    let ids = events
        .iter()
        .map(|event| event.record.stream.aggregate_id.as_str());
    ids.collect()
}

/// The end of the log, after everything that setting up appended.
async fn end_of(store: &Store) -> anyhow::Result<Checkpoint> {
    let events = store.read_after(Checkpoint::default(), 1_000).await?;
    Ok(events.last().context("an empty log")?.checkpoint)
}

/// PostgreSQL gives positions when events are written, not when they are committed. A reader that
/// simply went on after the highest position would never see what a slower transaction commits below
/// it, and a statistic or a seal would be wrong for ever.
async fn an_event_held_back_is_waited_for(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(Size::default()).await?.uai;
    let store = world.store();
    let start = end_of(store).await?;

    let (mut slow, first) = registration(&world, &uai)?;
    let hold = Hold {
        written: Notify::new(),
        released: Notify::new(),
    };
    let writes: [&dyn Write; 1] = [&hold];
    let waiting = async { store.writer().await?.append(&mut slow, &writes).await };
    let others = async {
        hold.written.notified().await;
        let (mut quick, second) = registration(&world, &uai)?;
        store.writer().await?.append(&mut quick, &[]).await?;
        let seen = store.read_after(start, 10).await?;
        hold.released.notify_one();
        anyhow::Ok((second, seen))
    };
    let (appended, others) = tokio::join!(waiting, others);
    appended?;
    let (second, seen) = others?;
    ensure!(
        seen.is_empty(),
        "read past a transaction under way: {seen:#?}"
    );

    let seen = store.read_after(start, 10).await?;
    ensure!(ids(&seen) == [&first, &second], "{seen:#?}");
    Ok(())
}

/// The number of a transaction and the positions of its events need not go the same way. Here the
/// later transaction has the lower position and commits last: a reader that kept only a position
/// would have gone past it.
async fn a_late_commit_at_a_lower_position_is_not_skipped(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(Size::default()).await?.uai;
    let store = world.store();
    let start = end_of(store).await?;

    let pool = PgPool::connect(&world.database.url).await?;
    let (mut early, mut late) = (pool.begin().await?, pool.begin().await?);
    ensure!(number(&mut early).await? < number(&mut late).await?);
    let second = insert(&mut late, registration(&world, &uai)?).await?;
    let first = insert(&mut early, registration(&world, &uai)?).await?;
    early.commit().await?;

    let seen = store.read_after(start, 10).await?;
    ensure!(ids(&seen) == [&first], "{seen:#?}");
    let here = seen[0].checkpoint;
    late.commit().await?;
    let seen = store.read_after(here, 10).await?;
    ensure!(ids(&seen) == [&second], "{seen:#?}");
    ensure!(
        seen[0].checkpoint.position < here.position,
        "the positions are not swapped"
    );
    Ok(())
}

/// Gives a transaction its number now, before it writes.
async fn number(connection: &mut PgConnection) -> anyhow::Result<i64> {
    let sql = "SELECT pg_current_xact_id()::text::bigint";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Writes the one event of an append, and gives its stream.
async fn insert(
    connection: &mut PgConnection,
    (append, id): (Append, String),
) -> anyhow::Result<String> {
    let record = append.events.first().context("one event")?;
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
                                   event_version, payload, metadata, recorded_at, establishment, digest) \
               VALUES ($1, $2, 1, $3, $4, $5::json, $6::json, $7, $8, decode(repeat('00', 32), 'hex'))";
    sqlx::query(sql)
        .bind(record.stream.aggregate_type)
        .bind(&record.stream.aggregate_id)
        .bind(record.event.event_type())
        .bind(record.event.event_version())
        .bind(record.event.payload()?)
        .bind(serde_json::to_string(&record.metadata)?)
        .bind(record.recorded_at)
        .bind(record.establishment.as_str())
        .execute(connection)
        .await?;
    Ok(id)
}

/// The same without knowing which order is the bad one: writers that hold their transactions open for
/// a while, a reader that never stops, and in the end each event read exactly once.
async fn a_reader_beside_writers_sees_every_event_once(engine: Engine) -> anyhow::Result<()> {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    let world = World::new(engine).await?;
    let uai = world.school(Size::default()).await?.uai;
    let store = world.store();
    let mut checkpoint = end_of(store).await?;

    let writer = |number: usize| {
        let (world, uai) = (&world, &uai);
        async move {
            let mut written = Vec::new();
            for round in 0..EACH {
                let (mut append, id) = registration(world, uai)?;
                let pause = Dawdle {
                    micros: ((number * 7 + round * 13) % 11) as u64 * 150,
                    // One in nine, which must never be seen.
                    gives_up: (number + round).is_multiple_of(9),
                };
                let pauses: [&dyn Write; 1] = [&pause];
                // Every other append takes the short way, of those that write nothing else.
                let writes = if round % 2 == 0 { &pauses[..] } else { &[] };
                match store.writer().await?.append(&mut append, writes).await {
                    Ok(()) => written.push(id),
                    Err(StoreError::Url) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            anyhow::Ok(written)
        }
    };
    let mut writers = Box::pin(try_join_all((0..WRITERS).map(writer)));
    let mut read = Vec::new();
    let mut written: Option<Vec<String>> = None;
    // An empty page is not yet the end: what gave up may still be rolled back on its connection, and is
    // waited for like any other transaction under way.
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let page = store.read_after(checkpoint, 7);
        let page = tokio::select! {
            biased;
            done = &mut writers, if written.is_none() => {
                written = Some(done?.concat());
                continue;
            }
            page = page => page?,
        };
        ensure!(page.is_sorted_by_key(|event| event.checkpoint), "{page:#?}");
        if let Some(last) = page.last() {
            ensure!(page[0].checkpoint > checkpoint);
            checkpoint = last.checkpoint;
        } else if let Some(written) = &written {
            if read.len() >= written.len() || Instant::now() > patience {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        read.extend(ids(&page).into_iter().map(str::to_owned));
    }
    let mut written = written.unwrap_or_default();
    ensure!(!written.is_empty());
    read.sort();
    written.sort();
    ensure!(
        read == written,
        "{} read, {} written",
        read.len(),
        written.len()
    );
    Ok(())
}

/// Somebody restores a dump on a new machine, whose cluster has hardly counted any transaction. What it
/// would append now is told before what the dump holds; nothing must be written until its count is moved
/// on, as the operations page says.
async fn a_log_ahead_of_its_cluster_is_refused(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(Size::default()).await?;
    let url = &world.database.url;
    command_line::run(url, &["migrate"])?.ended(0)?;
    let pool = PgPool::connect(url).await?;
    // The next transaction: this one counts as one, and the one after it.
    let append = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                                      payload, metadata, recorded_at, establishment, digest, transaction_id) \
                  SELECT aggregate_type, aggregate_id, sequence + 1000, event_type, event_version, \
                         payload, metadata, recorded_at, establishment, digest, \
                         pg_current_xact_id()::text::bigint + 50 \
                  FROM events LIMIT 1";
    sqlx::query(append).execute(&pool).await?;
    let events = world.event_count().await?;
    let commands: [&[&str]; 5] = [
        &["migrate"],
        &["reset", "--school-year", "2027", "--yes"],
        &["serve"],
        &["projections", "rebuild"],
        &["audit", "seals", "export", "-"],
    ];
    for command in commands {
        let refused = command_line::run(url, command)?.ended(1)?;
        ensure!(refused.err.contains("docs/operations.md"), "{refused:#?}");
    }
    let move_on = "DO $$ DECLARE last bigint := (SELECT MAX(transaction_id) FROM events); \
                   BEGIN WHILE pg_current_xact_id()::text::bigint <= last LOOP COMMIT; END LOOP; END $$";
    sqlx::raw_sql(move_on).execute(&pool).await?;
    command_line::run(url, &["migrate"])?.ended(0)?;
    ensure!(world.event_count().await? == events);
    Ok(())
}
