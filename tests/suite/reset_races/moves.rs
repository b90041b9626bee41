//! Moves all along, and the years that end them.

use std::collections::BTreeMap;

use acceptance::{audit, engine::Engine, on_both_engines, on_postgres, replay, world::Size};
use anyhow::{Context as _, ensure};
use domain::{
    event::Event,
    ids::{ClassId, StudentId},
    student::StudentEvent,
    values::Uai,
};
use futures::future::try_join_all;
use serde_json::json;
use store::EventRecord;
use tokio::time::timeout;

use super::{CLIENTS, LIMIT, Race, is_busy, openings};
use crate::reset::rejoin;

on_both_engines!(eight_clients_move_pupils_all_along);

on_postgres!(eight_clients_move_pupils_while_three_transactions_open_schools);

/// A client's pupils in one school, and what they were told.
struct Moves {
    school: usize,
    pupils: Vec<StudentId>,
    /// Where each pupil was sent, by the answers, in their order.
    done: BTreeMap<StudentId, Vec<ClassId>>,
    refused: u32,
}

/// Every move that was answered as done is in the log before the opening of its school, in its order and
/// once; none other is; and whoever comes after it is told that there is no such pupil or class.
async fn eight_clients_move_pupils_all_along(engine: Engine) -> anyhow::Result<()> {
    moves_and_a_reset(engine, async |race, year| race.reset(year).await).await
}

/// The same where a run has several transactions under way, each with other schools, as in a whole country:
/// they meet staff, and each other.
async fn eight_clients_move_pupils_while_three_transactions_open_schools(
    engine: Engine,
) -> anyhow::Result<()> {
    moves_and_a_reset(engine, async |race, year| race.reset_at_once(year).await).await
}

async fn moves_and_a_reset(
    engine: Engine,
    reset: impl AsyncFn(&Race, i32) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let size = Size {
        classes: 3,
        students_per_class: CLIENTS,
        without_class: 0,
    };
    let mut race = Race::new(engine, 6, size).await?;
    let (mut done, mut refused, mut between) = (0, 0, 0);
    for year in race.years()? {
        let before = replay::read_log(race.world.store(), 500).await?.len();
        let clients = (0..CLIENTS).map(|client| move_until_refused(&race, client));
        let reset = reset(&race, year);
        let (moved, reset) = tokio::join!(timeout(LIMIT, try_join_all(clients)), reset);
        reset?;
        let moved: Vec<Moves> = moved
            .context("clients go on")??
            .into_iter()
            .flatten()
            .collect();
        audit::everything(race.world.store()).await?;
        let log = replay::read_log(race.world.store(), 500).await?;
        let log = &log[before..];
        let openings = openings(log, year)?;
        between += moves_between(log, &openings);
        compare(&race, log, &openings, &moved)?;
        let told = moved.iter().flat_map(|it| it.done.values());
        done += told.map(Vec::len).sum::<usize>();
        refused += moved.iter().map(|it| it.refused).sum::<u32>();
        begin_again(&mut race).await?;
    }
    ensure!(
        done > 0 && refused > 0 && between > 0,
        "no race: {done} done, {refused} refused, {between} while the reset was under way"
    );
    Ok(())
}

/// A client goes from school to school, and sends its pupils of that school into the next class, until
/// each school has refused.
async fn move_until_refused(race: &Race, client: usize) -> anyhow::Result<Vec<Moves>> {
    let schools = race.schools.iter().enumerate();
    let mut all: Vec<Moves> = schools
        .map(|(number, school)| Moves {
            school: number,
            pupils: school
                .classes
                .iter()
                .map(|(_, pupils)| pupils[client])
                .collect(),
            done: BTreeMap::new(),
            refused: 0,
        })
        .collect();
    for turn in 0.. {
        for moves in all.iter_mut().filter(|moves| moves.refused < 2) {
            moves.once(race, turn).await?;
        }
        if all.iter().all(|moves| moves.refused >= 2) {
            break;
        }
    }
    Ok(all)
}

impl Moves {
    /// Two pupils at once, now and then all three: a page of roster changes is done whole or not at all.
    async fn once(&mut self, race: &Race, turn: usize) -> anyhow::Result<()> {
        let school = &race.schools[self.school];
        let pupils = &self.pupils[..2 + usize::from(turn.is_multiple_of(5))];
        let to = |place: usize| school.class((place + turn + 1) % school.classes.len());
        let changes = pupils.iter().enumerate();
        let changes = changes.map(|(place, id)| json!({ "student_id": id, "class_id": to(place) }));
        let body = json!({ "changes": changes.collect::<Vec<_>>() });
        let answer = race.heads[self.school]
            .post(&school.path("/roster"), body)
            .await?;
        if answer.status == 200 {
            ensure!(self.refused == 0, "done after it was refused: {answer:#?}");
            for (place, id) in pupils.iter().enumerate() {
                let done = self.done.entry(*id).or_default();
                if done.last() != Some(&to(place)) {
                    done.push(to(place));
                }
            }
        } else if !is_busy(&answer) {
            answer.expect_problem(404, "not_found")?;
            self.refused += 1;
        }
        Ok(())
    }
}

fn compare(
    race: &Race,
    log: &[EventRecord],
    openings: &BTreeMap<Uai, usize>,
    moved: &[Moves],
) -> anyhow::Result<()> {
    let mut logged: BTreeMap<StudentId, Vec<ClassId>> = BTreeMap::new();
    for (place, record) in log.iter().enumerate() {
        let Event::Student(StudentEvent::StudentMoved { to, .. }) = record.event else {
            continue;
        };
        ensure!(
            place < openings[&record.establishment],
            "{record:#?} after the opening"
        );
        logged
            .entry(record.stream.aggregate_id.parse()?)
            .or_default()
            .push(to);
    }
    for moves in moved {
        let school = &race.schools[moves.school];
        for (place, pupil) in moves.pupils.iter().enumerate() {
            // The first wish may be where the pupil is.
            let mut done = moves.done.get(pupil).cloned().unwrap_or_default();
            if done.first() == Some(&school.class(place)) {
                done.remove(0);
            }
            let logged = logged.remove(pupil).unwrap_or_default();
            ensure!(
                logged == done,
                "{pupil} of {}: the log says {logged:?}, the answers {done:?}",
                school.uai
            );
        }
    }
    ensure!(logged.is_empty(), "nobody asked for {logged:#?}");
    Ok(())
}

/// How many moves stand between the first opening and the last.
fn moves_between(log: &[EventRecord], openings: &BTreeMap<Uai, usize>) -> usize {
    let (first, last) = (openings.values().min(), openings.values().max());
    let (Some(first), Some(last)) = (first, last) else {
        return 0;
    };
    let moves = log[*first..*last].iter();
    moves
        .filter(|it| it.event.event_type() == "StudentMoved")
        .count()
}

/// Staff create the classes of the new year, and the pupils join them.
pub(super) async fn begin_again(race: &mut Race) -> anyhow::Result<()> {
    let world = &race.world;
    for school in &mut race.schools {
        for (number, (class, pupils)) in school.classes.iter_mut().enumerate() {
            *class = world.class(&school.uai, &format!("3e {number}")).await?;
            let class = Some(*class);
            let again = pupils
                .iter()
                .map(|id| rejoin(world, &school.uai, *id, class));
            try_join_all(again).await?;
        }
    }
    Ok(())
}
