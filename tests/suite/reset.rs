//! A new school year, in one establishment or in all: what ends, what stays, and who is never missed.

mod rules;
mod town;

use std::{collections::BTreeMap, future::pending};

use acceptance::{
    audit, command_line,
    engine::Engine,
    on_both_engines, replay,
    world::{School, World},
};
use anyhow::{bail, ensure};
use cli::reset::{self, EVENTS_AT_ONCE, Opening, Outcome};
use commands::{
    By, Commands,
    change_roster::{ChangeRoster, Destination, RosterChange},
    open_school_years::Opened,
    rejoin_establishment::RejoinEstablishment,
};
use domain::{
    ids::{ClassId, CorrelationId, StudentId},
    values::{SchoolYear, Uai},
};
use projections::last_year::{self, Behind};
use store::EventRecord;

use rules::{assert_nobody_is_left, reset_as_the_rules_say};
use town::{Town, erase, invite};

on_both_engines!(
    everything_of_the_year_ends_and_nothing_else,
    pupils_who_went_to_and_fro_are_found_where_they_are,
    what_was_created_for_the_new_year_stays,
    only_those_asked_for_change,
);

pub(super) async fn put(
    world: &World,
    uai: &Uai,
    student: StudentId,
    to: Destination,
) -> anyhow::Result<()> {
    let change = ChangeRoster {
        establishment: uai.clone(),
        may_assign: true,
        changes: vec![RosterChange {
            student,
            to,
            expected: None,
        }],
    };
    let outcome = world.commands.execute(&world.by(), &change).await?;
    ensure!(outcome.changed == 1, "{change:?}", change = change.changes);
    Ok(())
}

pub(super) async fn rejoin(
    world: &World,
    uai: &Uai,
    student: StudentId,
    class: Option<ClassId>,
) -> anyhow::Result<()> {
    let rejoin = RejoinEstablishment {
        establishment: uai.clone(),
        student,
        class,
    };
    Ok(world.commands.execute(&world.by(), &rejoin).await?)
}

/// The establishments that are in an earlier year.
pub(super) async fn behind(commands: &Commands, year: i32) -> anyhow::Result<Vec<Behind>> {
    let mut reader = commands.store().reader().await?;
    Ok(last_year::behind(&mut reader.conn(), SchoolYear::starting(year)?).await?)
}

/// Opens a year in these establishments, of which none may fail; says where it did.
pub(super) async fn open(
    commands: &Commands,
    year: i32,
    behind: &[Behind],
) -> anyhow::Result<Vec<Opened>> {
    let told = outcomes(commands, year, behind, EVENTS_AT_ONCE).await?;
    all_opened(told, behind)
}

/// Opens a year in these establishments, so many events in a transaction; says what came of each that
/// something was told of.
pub(super) async fn outcomes(
    commands: &Commands,
    year: i32,
    behind: &[Behind],
    events_at_once: u64,
) -> anyhow::Result<BTreeMap<Uai, Outcome>> {
    let opening = Opening {
        by: By::system(CorrelationId::new(commands.clock().new_uuid())),
        school_year: SchoolYear::starting(year)?,
        events_at_once,
    };
    let mut told = BTreeMap::new();
    reset::run(commands, &opening, behind, pending(), |uai, outcome| {
        told.insert(uai.clone(), outcome);
    })
    .await;
    Ok(told)
}

/// Where it did, when none failed.
pub(super) fn all_opened(
    told: BTreeMap<Uai, Outcome>,
    behind: &[Behind],
) -> anyhow::Result<Vec<Opened>> {
    ensure!(told.len() == behind.len(), "not told of all: {told:#?}");
    let mut opened = Vec::new();
    for (uai, outcome) in told {
        match outcome {
            Outcome::Opened(it) => opened.push(it),
            Outcome::AlreadyOpen => {}
            Outcome::Failed(error) => bail!("{uai}: {error:?}"),
            Outcome::Unknown => bail!("nobody knows of {uai}"),
        }
    }
    Ok(opened)
}

fn as_of(world: &World, instant: &str, school: &School) -> anyhow::Result<serde_json::Value> {
    let uai = school.uai.to_string();
    let args = ["audit", "as-of", instant, "--uai", &uai, "--json"];
    command_line::run(&world.database.url, &args)?
        .ended(0)?
        .json()
}

/// One event for each establishment, class and pupil, in one piece; last year's lists remain, and so do
/// the staff.
async fn everything_of_the_year_ends_and_nothing_else(engine: Engine) -> anyhow::Result<()> {
    let town = Town::new(engine).await?;
    let world = &town.world;
    let instant = world.commands.clock().now().to_rfc3339();
    let lists = |school| as_of(world, &instant, school);
    let before: Vec<_> = town.registered().map(lists).into_iter().collect();
    let staff = world.count("SELECT COUNT(*) FROM staff").await?;

    let next = world.next_school_year()?.year();
    let log = reset_as_the_rules_say(world, next).await?;
    let kinds = |kind: &str| {
        log.iter()
            .filter(|it| it.event.event_type() == kind)
            .count()
    };
    ensure!(kinds("SchoolYearOpened") == 3);
    ensure!(kinds("ClassPurged") == 2 + 1);
    // 14 less one rejected, one erased and two who went away; then 3 and one who came; then one.
    ensure!(kinds("StudentReleased") == 10 + 4 + 1, "{log:#?}");
    let commands = |it: &EventRecord| (it.metadata.command, it.metadata.correlation);
    ensure!(
        log.iter().all(|it| commands(it) == commands(&log[0])),
        "schools that are so small change together"
    );
    assert_nobody_is_left(world).await?;
    ensure!(world.count("SELECT COUNT(*) FROM staff").await? == staff);
    let after: Vec<_> = town.registered().map(lists).into_iter().collect();
    for (before, after) in before.into_iter().zip(after) {
        let (before, after) = (before?, after?);
        ensure!(before == after, "{before:#} became {after:#}");
    }
    let listed = world.count("SELECT COUNT(*) FROM directory WHERE school_year IS NULL");
    ensure!(listed.await? == 1, "{} is nobody's business", town.listed);

    let events = world.event_count().await?;
    ensure!(behind(&world.commands, next).await?.is_empty());
    let everywhere = behind(&world.commands, next + 1).await?;
    let opened = open(&world.commands, next, &everywhere).await?;
    ensure!(opened.is_empty(), "{opened:?}");
    ensure!(
        world.event_count().await? == events,
        "the second run wrote something"
    );
    Ok(())
}

/// What a year is made of is read from the events since it began. Those who were there before, elsewhere
/// before, or twice, are neither forgotten nor taken for somebody who is still there.
async fn pupils_who_went_to_and_fro_are_found_where_they_are(engine: Engine) -> anyhow::Result<()> {
    let town = Town::new(engine).await?;
    let (world, large, small) = (&town.world, &town.large.uai, &town.small.uai);
    let next = world.next_school_year()?.year();
    // To the other school and back, in both directions, and in one year.
    let (there, back) = (town.small.classes[0].1[0], town.large.without_class[0]);
    put(world, small, there, Destination::Out).await?;
    rejoin(world, large, there, Some(town.large.class(0))).await?;
    put(world, large, there, Destination::Out).await?;
    rejoin(world, small, there, None).await?;
    put(world, large, back, Destination::Out).await?;
    rejoin(world, small, back, Some(town.small.class(0))).await?;
    put(world, small, back, Destination::Out).await?;
    rejoin(world, large, back, None).await?;
    // From the school that comes later by its number to the earlier one, for good.
    let moved = town.small.classes[0].1[1];
    put(world, small, moved, Destination::Out).await?;
    rejoin(world, large, moved, Some(town.large.class(1))).await?;
    let log = reset_as_the_rules_say(world, next).await?;
    ensure!(
        log.iter()
            .all(|it| it.metadata.command == log[0].metadata.command),
        "they keep no school from changing with the others"
    );

    // A year later: repeated here, repeated elsewhere, come and gone, come and erased, new.
    let class = world.class(large, "3e A").await?;
    let elsewhere = world.class(small, "3e A").await?;
    let [(_, one), (_, other), (_, last)] = &town.large.classes[..] else {
        bail!("three classes");
    };
    rejoin(world, large, last[0], Some(class)).await?;
    rejoin(world, small, last[1], Some(elsewhere)).await?;
    rejoin(world, large, last[2], None).await?;
    put(world, large, last[2], Destination::Class(class)).await?;
    put(world, large, last[2], Destination::Out).await?;
    rejoin(world, large, last[3], Some(class)).await?;
    erase(world, last[3]).await?;
    erase(world, other[3]).await?;
    rejoin(world, small, one[1], None).await?;
    rejoin(world, large, there, Some(class)).await?;
    put(world, large, there, Destination::Out).await?;
    rejoin(world, small, there, Some(elsewhere)).await?;
    world.students(large, Some(class), 2).await?;
    let log = reset_as_the_rules_say(world, next + 1).await?;
    // Three openings, two classes; one and two new ones here; three there; nobody in the third.
    ensure!(log.len() == 3 + 2 + 3 + 3, "{log:#?}");
    assert_nobody_is_left(world).await?;

    // A year that nobody came in, and a year that some left out.
    let log = reset_as_the_rules_say(world, next + 2).await?;
    ensure!(log.len() == 3, "{log:#?}");
    rejoin(world, large, last[0], None).await?;
    let one = behind(&world.commands, next + 3).await?;
    let one: Vec<_> = one.into_iter().filter(|it| it.uai == *small).collect();
    open(&world.commands, next + 3, &one).await?;
    rejoin(world, small, last[1], None).await?;
    let log = reset_as_the_rules_say(world, next + 4).await?;
    ensure!(log.len() == 3 + 2, "{log:#?}");
    Ok(())
}

/// Staff need not wait for the other establishments: what they prepare in theirs is of the new year, and
/// running the reset again is none of its business.
async fn what_was_created_for_the_new_year_stays(engine: Engine) -> anyhow::Result<()> {
    let town = Town::new(engine).await?;
    let (world, uai) = (&town.world, &town.large.uai);
    let next = world.next_school_year()?.year();
    let first = behind(&world.commands, next).await?;
    let first: Vec<_> = first.into_iter().filter(|it| it.uai == *uai).collect();
    ensure!(open(&world.commands, next, &first).await?.len() == 1);
    // The name that a purged class had is free again.
    let class = world.class(uai, "3e A").await?;
    let students = world.students(uai, Some(class), 3).await?;
    rejoin(world, uai, town.large.without_class[0], Some(class)).await?;
    invite(world, uai, Some(class)).await?;
    let theirs = replay::read_log(world.store(), 500).await?;
    let theirs = theirs.iter().filter(|it| it.establishment == *uai).count();

    reset_as_the_rules_say(world, next).await?;
    // Also of those who were told to by an older look at the database.
    ensure!(open(&world.commands, next, &first).await?.is_empty());
    let log = replay::read_log(world.store(), 500).await?;
    ensure!(theirs == log.iter().filter(|it| it.establishment == *uai).count());
    let truth = audit::everything(world.store()).await?;
    ensure!(truth.classes[&class].is_open() && truth.classes[&class].students.len() == 4);
    let there = |id: &StudentId| truth.students[id].class == Some(class);
    ensure!(students.iter().all(there), "{truth:#?}");
    ensure!(truth.establishments[uai].invitations.len() == 1);
    Ok(())
}

/// A look at the database from before somebody else opened the year, or of a part: nothing else changes.
async fn only_those_asked_for_change(engine: Engine) -> anyhow::Result<()> {
    let town = Town::new(engine).await?;
    let world = &town.world;
    let next = world.next_school_year()?.year();
    let before = replay::read_log(world.store(), 500).await?.len();
    let all = behind(&world.commands, next).await?;
    let two: Vec<_> = all
        .iter()
        .filter(|it| it.uai != town.small.uai)
        .cloned()
        .collect();
    ensure!(open(&world.commands, next, &two).await?.len() == 2);
    let log = replay::read_log(world.store(), 500).await?;
    let elsewhere = log[before..]
        .iter()
        .find(|it| it.establishment == town.small.uai);
    ensure!(elsewhere.is_none(), "{elsewhere:#?}");
    let truth = audit::everything(world.store()).await?;
    ensure!(truth.classes[&town.small.class(0)].is_open());

    let rest = open(&world.commands, next, &all).await?;
    ensure!(
        rest.len() == 1 && rest[0].establishment == town.small.uai,
        "{rest:?}"
    );
    audit::everything(world.store()).await?;
    assert_nobody_is_left(world).await
}
