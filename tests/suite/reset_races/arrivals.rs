//! Those who come while the year changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use acceptance::{audit, engine::Engine, on_both_engines, replay, world::Size};
use anyhow::{Context as _, ensure};
use commands::{CommandError, Commands, Refusal, register_student::RegisterStudent};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, StudentId},
    values::{Role, SchoolYear, Uai},
};
use futures::future::try_join_all;
use serde_json::json;
use store::{EventRecord, Store, SystemClock};
use tokio::time::{sleep, timeout};

use super::{CLIENTS, LIMIT, Race, is_busy, openings};

on_both_engines!(classes_and_pupils_and_invitations_come_all_along);

/// Those who create a class, sign up or are invited while the year changes do so in the old one, which
/// then ends for them too, or in the new one, which they keep.
async fn classes_and_pupils_and_invitations_come_all_along(engine: Engine) -> anyhow::Result<()> {
    let race = Race::new(engine, 4, Size::default()).await?;
    let other = Store::connect(&race.world.database.url, projections::all()).await?;
    let other = Commands::new(other, Arc::new(SystemClock), Vec::new());
    let (mut old, mut new) = (0, 0);
    for year in race.years()? {
        let over = AtomicBool::new(false);
        let coming = (0..CLIENTS).map(|client| come_until(&race, &other, client, year, &over));
        let reset = async {
            let reset = race.reset(year).await;
            sleep(Duration::from_millis(50)).await;
            over.store(true, Ordering::Relaxed);
            reset
        };
        let (came, reset) = tokio::join!(timeout(LIMIT, try_join_all(coming)), reset);
        reset?;
        let truth = audit::everything(race.world.store()).await?;
        for came in came.context("clients go on")?? {
            for (class, theirs) in came.classes {
                let open = truth.classes[&class].is_open();
                ensure!(open == (theirs == year), "{class} of {theirs} in {year}");
                if open { new += 1 } else { old += 1 }
            }
            for pupil in came.pupils {
                let pupil = &truth.students[&pupil];
                let there = pupil.establishment.is_none()
                    || pupil.school_year.map(SchoolYear::year) == Some(year);
                ensure!(there, "{pupil:?}");
                if pupil.establishment.is_some() {
                    new += 1;
                } else {
                    old += 1;
                }
            }
        }
        let log = replay::read_log(race.world.store(), 500).await?;
        invitations_are_of_the_year(&log, &truth, &openings(&log, year)?)?;
    }
    other.store().close().await;
    ensure!(
        old > 0 && new > 0,
        "no race: {old} of the old year, {new} of the new one"
    );
    Ok(())
}

#[derive(Default)]
struct Came {
    /// With the year that the answer named.
    classes: Vec<(ClassId, i32)>,
    pupils: Vec<StudentId>,
}

async fn come_until(
    race: &Race,
    other: &Commands,
    client: usize,
    year: i32,
    over: &AtomicBool,
) -> anyhow::Result<Came> {
    let mut came = Came::default();
    let place = client % race.schools.len();
    let (school, head) = (&race.schools[place], &race.heads[place]);
    for turn in 0_u64.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        match turn % 3 {
            0 => {
                let name = format!("{client} {turn} {year}");
                let body = json!({ "name": name, "track": "troisieme_generale" });
                let answer = head.post(&school.path("/classes"), body).await?;
                if !is_busy(&answer) {
                    let answer = answer.expect(201)?;
                    let theirs = answer.body["school_year"].as_i64().context("a year")?;
                    came.classes
                        .push((answer.text_at("/id")?.parse()?, i32::try_from(theirs)?));
                }
            }
            1 => {
                // Into the class created last, when that is still there.
                let student = StudentId::new(other.clock().new_uuid());
                let register = RegisterStudent {
                    establishment: school.uai.clone(),
                    student,
                    class: came.classes.last().map(|(class, _)| *class),
                };
                match other.execute(&race.world.by(), &register).await {
                    Ok(()) => came.pupils.push(student),
                    Err(CommandError::Refused(Refusal::ClassNotFound | Refusal::Busy)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            _ => {
                let email = format!("invite.{client}.{turn}.{year}@ac-demo.test");
                let body = acceptance::newcomer::invitation(Role::Teacher, &email);
                let answer = head.post(&school.path("/invitations"), body).await?;
                if !is_busy(&answer) {
                    answer.expect(201)?;
                }
            }
        }
    }
    Ok(came)
}

/// Pending are those made after the opening, and no others.
fn invitations_are_of_the_year(
    log: &[EventRecord],
    truth: &audit::Truth,
    openings: &BTreeMap<Uai, usize>,
) -> anyhow::Result<()> {
    for (uai, opening) in openings {
        let since = log[*opening..].iter().filter(|it| it.establishment == *uai);
        let made: BTreeSet<_> = since
            .filter_map(|it| match &it.event {
                Event::Establishment(EstablishmentEvent::StaffInvited { invitation, .. }) => {
                    Some(*invitation)
                }
                _ => None,
            })
            .collect();
        let pending = &truth.establishments[uai].invitations;
        ensure!(pending.keys().eq(&made), "{pending:?}, not {made:?}");
    }
    Ok(())
}
