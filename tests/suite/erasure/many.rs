//! Retention: everybody whose time is over, in one run.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use acceptance::{
    audit,
    command_line::run_and_stop,
    engine::Engine,
    on_both_engines,
    world::{School, Size, World},
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use commands::{
    Commands,
    change_roster::{ChangeRoster, Destination, RosterChange},
    rejoin_establishment::RejoinEstablishment,
};
use domain::{ids::StudentId, values::Uai};
use projections::erasures;
use serde_json::{Value, json};
use store::Clock;

use super::{SIZE, erase};

on_both_engines!(
    retention_takes_those_who_left_before_a_day,
    who_cannot_be_erased_keeps_nobody_else,
    a_run_that_is_stopped_goes_on_where_it_was,
);

/// How many pupils a run that is stopped has before it.
const MANY: usize = 300;

/// A clock that goes when a test says so.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

/// Data are kept for a time that was promised. A day too early takes data that somebody still needs, a
/// day too late breaks the promise; and whoever came back has not left.
async fn retention_takes_those_who_left_before_a_day(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        without_class: 6,
        ..SIZE
    };
    let world = World::new(engine).await?;
    let school = world.school(size).await?;
    let mail = tempfile::tempdir()?;
    they_leave(&world, &school).await?;
    let before = ["--released-before", "2027-08-31", "--json"];
    let shown = erase(&world, &mail, &[&before[..], &["--dry-run"]].concat())?.ended(0)?;
    let expected: Vec<Value> = school.without_class[..2]
        .iter()
        .map(|id| json!({ "kind": "student", "id": id }))
        .collect();
    ensure!(shown.json()?["people"] == json!(expected), "{shown:#?}");
    ensure!(
        erasures::all(&mut world.store().reader().await?.conn())
            .await?
            .is_empty()
    );
    let done = erase(&world, &mail, &[&before[..], &["--yes"]].concat())?.ended(0)?;
    ensure!(done.json()?["erased"] == 2, "{done:#?}");
    let erased = erasures::all(&mut world.store().reader().await?.conn()).await?;
    let ids: Vec<StudentId> = erased.iter().map(|it| it.id.into()).collect();
    ensure!(ids == school.without_class[..2], "{erased:#?}");
    let none = erase(&world, &mail, &[&before[..], &["--yes"]].concat())?.ended(0)?;
    ensure!(none.json()?["people"] == json!([]), "{none:#?}");
    audit::everything(world.store()).await?;
    Ok(())
}

/// Five pupils leave around a midnight, and the last comes back.
async fn they_leave(world: &World, school: &School) -> anyhow::Result<()> {
    let clock = Arc::new(SetClock(AtomicI64::new(0)));
    let commands = Commands::new(world.store().clone(), clock.clone(), Vec::new());
    let left = [
        "2027-08-30T10:00:00Z",
        "2027-08-30T23:59:59.999999Z",
        "2027-08-31T00:00:00Z",
        "2027-08-31T00:00:00.000001Z",
        "2027-08-01T10:00:00Z",
    ];
    for (student, instant) in school.without_class.iter().zip(left) {
        let instant: DateTime<Utc> = instant.parse()?;
        clock.0.store(instant.timestamp_micros(), Ordering::Relaxed);
        change(&commands, world, &school.uai, *student, Destination::Out).await?;
    }
    let back = RejoinEstablishment {
        establishment: school.uai.clone(),
        student: school.without_class[4],
        class: None,
    };
    commands.execute(&world.by(), &back).await?;
    Ok(())
}

async fn change(
    commands: &Commands,
    world: &World,
    uai: &Uai,
    student: StudentId,
    to: Destination,
) -> anyhow::Result<()> {
    let roster = ChangeRoster {
        establishment: uai.clone(),
        may_assign: true,
        changes: vec![RosterChange {
            student,
            to,
            expected: None,
        }],
    };
    commands.execute(&world.by(), &roster).await?;
    Ok(())
}

/// Rejects all of a school's pupils in no class, and gives a world of them.
async fn rejected(engine: Engine, count: usize) -> anyhow::Result<World> {
    let size = Size {
        without_class: count,
        ..SIZE
    };
    let world = World::new(engine).await?;
    let school = world.school(size).await?;
    for student in school.without_class {
        change(
            &world.commands,
            &world,
            &school.uai,
            student,
            Destination::Out,
        )
        .await?;
    }
    Ok(world)
}

const EVERYBODY: [&str; 4] = ["--released-before", "2999-01-01", "--yes", "--json"];

/// One pupil's stream is damaged. All others have their right all the same, and the operator hears whose
/// has to be looked into.
async fn who_cannot_be_erased_keeps_nobody_else(engine: Engine) -> anyhow::Result<()> {
    const DAMAGED: &str = "01a05b8d-9300-7000-8000-0000000000dd";
    let world = rejected(engine, 3).await?;
    world
        .execute(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                                 payload, metadata, recorded_at, establishment, digest) \
             SELECT 'student', '01a05b8d-9300-7000-8000-0000000000dd', 1, 'StudentRejected', '1.0', \
                    '{}', '{}', '2026-01-01T00:00:00+00:00', '9990021U', digest \
             FROM events LIMIT 1",
        )
        .await?;
    let mail = tempfile::tempdir()?;
    let outcome = erase(&world, &mail, &EVERYBODY)?.ended(3)?;
    let report = outcome.json()?;
    ensure!(report["erased"] == 3 && report["left"] == 1, "{report:#}");
    ensure!(report["failed"][0]["id"] == DAMAGED, "{report:#}");
    ensure!(
        outcome.err.contains(DAMAGED) && outcome.err.contains("1 personne"),
        "{outcome:#?}"
    );
    let erased = erasures::all(&mut world.store().reader().await?.conn()).await?;
    ensure!(erased.len() == 3, "{erased:#?}");
    Ok(())
}

/// An operator presses Ctrl-C in the middle of a long run, and goes on the next day: each pupil is whole or
/// gone, and gone once.
async fn a_run_that_is_stopped_goes_on_where_it_was(engine: Engine) -> anyhow::Result<()> {
    const ERASED: &str = "SELECT COUNT(*) FROM events WHERE event_type = 'StudentErased'";
    let world = rejected(engine, MANY).await?;
    let mail = tempfile::tempdir()?;
    let args = [&["erase"], &EVERYBODY[..]].concat();
    let mail_url = super::mail_url(&mail);
    let mail_url = [("MONSTAGE_MAIL_URL", &*mail_url)];
    let stopped = run_and_stop(&world, &args, &mail_url, ERASED).await?;
    let report = stopped.ended(3)?.json()?;
    let left = report["left"].as_u64().context("how many are left")?;
    ensure!(left > 0 && report["failed"] == json!([]), "{report:#}");
    audit::everything(world.store()).await?;
    let rest = erase(&world, &mail, &EVERYBODY)?.ended(0)?.json()?;
    ensure!(
        rest["erased"] == left && rest["already_erased"] == 0,
        "{rest:#}"
    );
    ensure!(usize::try_from(world.count(ERASED).await?)? == MANY);
    audit::everything(world.store()).await?;
    Ok(())
}
