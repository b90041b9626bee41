//! What the rules say must come of a new year, and what came.

use std::collections::BTreeMap;

use acceptance::{
    audit::{self, Truth},
    command_line, replay,
    world::World,
};
use anyhow::{Context as _, ensure};
use domain::{
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    student::StudentEvent,
    values::{SchoolYear, Uai},
};
use store::EventRecord;

use super::{behind, open};

/// What a reset appends, by stream: the establishment that it concerns, and the event.
type Appended = BTreeMap<String, (Uai, Event)>;

/// What the rules say a reset appends: worked out from the aggregates of the whole log.
pub(super) fn expected(truth: &Truth, year: i32) -> anyhow::Result<Appended> {
    let school_year = SchoolYear::starting(year)?;
    let mut appended = Appended::new();
    let behind = |uai: &Uai| {
        let now = truth.establishments.get(uai).and_then(|it| it.school_year);
        now.is_some_and(|now| now < school_year)
    };
    for uai in truth.establishments.keys().filter(|uai| behind(uai)) {
        let event = EstablishmentEvent::SchoolYearOpened { school_year };
        appended.insert(uai.to_string(), (uai.clone(), event.into()));
    }
    for (id, class) in truth.classes.iter().filter(|(_, class)| class.is_open()) {
        let uai = class.establishment.clone().context("whose class")?;
        if behind(&uai) {
            let event = ClassEvent::ClassPurged { school_year };
            appended.insert(id.to_string(), (uai, event.into()));
        }
    }
    for (id, student) in &truth.students {
        let Some(establishment) = student.establishment.clone().filter(&behind) else {
            continue;
        };
        let event = StudentEvent::StudentReleased {
            establishment: establishment.clone(),
            from: student.class,
            school_year,
        };
        appended.insert(id.to_string(), (establishment, event.into()));
    }
    Ok(appended)
}

/// The events of a log from a place on, each the only one of its stream.
fn appended(log: &[EventRecord]) -> anyhow::Result<Appended> {
    let mut appended = Appended::new();
    for record in log {
        let event = (record.establishment.clone(), record.event.clone());
        let before = appended.insert(record.stream.aggregate_id.clone(), event);
        ensure!(before.is_none(), "twice on {}", record.stream);
    }
    Ok(appended)
}

/// Opens a year everywhere, and compares what that appended with what the rules say.
pub(super) async fn reset_as_the_rules_say(
    world: &World,
    year: i32,
) -> anyhow::Result<Vec<EventRecord>> {
    let truth = audit::everything(world.store()).await?;
    let before = replay::read_log(world.store(), 500).await?.len();
    let behind = behind(&world.commands, year).await?;
    let opened = open(&world.commands, year, &behind).await?;
    let mut log = replay::read_log(world.store(), 500).await?;
    let log = log.split_off(before);
    let (appended, expected) = (appended(&log)?, expected(&truth, year)?);
    ensure!(appended == expected, "{appended:#?}, not {expected:#?}");

    // What it told is what it did, and what was announced.
    ensure!(opened.len() == behind.len(), "{opened:#?}");
    for (opened, behind) in opened.iter().zip(&behind) {
        let events = expected.values();
        let events = events.filter(|(uai, _)| *uai == opened.establishment);
        let events = u64::try_from(events.count())?;
        ensure!(1 + opened.classes + opened.students == events, "{opened:?}");
        ensure!(
            (&opened.establishment, opened.classes, opened.students)
                == (&behind.uai, behind.classes, behind.students)
                && opened.invitations == behind.invitations,
            "{opened:?}, and announced was {behind:?}"
        );
    }
    audit::everything(world.store()).await?;
    let verified = command_line::run(&world.database.url, &["audit", "verify"])?.ended(0)?;
    ensure!(verified.out.contains("Tout concorde."), "{verified:#?}");
    Ok(log)
}

pub(super) async fn assert_nobody_is_left(world: &World) -> anyhow::Result<()> {
    for (table, sql) in [
        ("classes", "SELECT COUNT(*) FROM classes"),
        ("teachers", "SELECT COUNT(*) FROM class_main_teachers"),
        ("roster", "SELECT COUNT(*) FROM roster"),
        ("invitations", "SELECT COUNT(*) FROM invitations"),
    ] {
        let left = world.count(sql).await?;
        ensure!(left == 0, "{left} of {table} are left");
    }
    Ok(())
}
