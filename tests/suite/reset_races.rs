//! The reset beside staff and pupils at work: whoever acts at the same moment acted before it, or is told.
//!
//! The reset runs in one process, and what it races against in another: a server, or a second reset.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    on_both_engines, on_postgres, replay,
    server::Server,
    world::{School, Size, World},
};
use anyhow::{Context as _, bail, ensure};
use commands::{
    CommandError, Commands, Refusal, RosterReason,
    change_roster::{ChangeRoster, Destination, RosterChange},
    register_student::RegisterStudent,
};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, StudentId},
    student::StudentEvent,
    values::{Role, SchoolYear, Uai},
};
use futures::future::try_join_all;
use serde_json::json;
use store::{EventRecord, Store, SystemClock};
use tokio::time::{sleep, timeout};

use super::{
    races::together,
    reset::{all_opened, behind, open, outcomes, rejoin},
};

on_both_engines!(
    eight_clients_move_pupils_all_along,
    classes_and_pupils_and_invitations_come_all_along,
    two_resets_at_once_are_as_one,
    the_busiest_school_is_opened_too,
);

on_postgres!(eight_clients_move_pupils_while_three_transactions_open_schools);

/// Clients at work at the same time.
const CLIENTS: usize = 8;

/// Years opened one after the other, while they work.
const ROUNDS: i32 = 4;

/// Schools that are opened together.
const AT_ONCE: usize = 2;

/// How long anything here may take, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_mins(1);

/// How long staff may keep a reset waiting.
const SOON: Duration = Duration::from_secs(10);

/// The rounds would look like an attack; what slows those down is tested elsewhere.
const UNTHROTTLED: [(&str, &str); 1] = [("MONSTAGE_THROTTLE", "off")];

/// Schools and a server.
struct Race {
    world: World,
    schools: Vec<School>,
    /// The head of each.
    heads: Vec<Client>,
    server: Server,
}

impl Race {
    async fn new(engine: Engine, schools: usize, size: Size) -> anyhow::Result<Self> {
        let world = World::new(engine).await?;
        let server = Server::start_with(&world.database.url, &UNTHROTTLED)?;
        let mut race = Self {
            schools: Vec::new(),
            heads: Vec::new(),
            server,
            world,
        };
        for _ in 0..schools {
            let school = race.world.school(size).await?;
            let token = race.world.session(&school.staff[0]).await?;
            ensure!(school.staff[0].role == Role::Head);
            race.heads.push(race.server.client().with_token(&token));
            race.schools.push(school);
        }
        Ok(race)
    }

    /// Those that are opened, one after the other.
    fn years(&self) -> anyhow::Result<std::ops::Range<i32>> {
        let next = self.world.next_school_year()?.year();
        Ok(next..next + ROUNDS)
    }

    /// Opens a year in every school at once, each in a transaction of its own, as many at the same time as
    /// a run has.
    async fn reset_at_once(&self, year: i32) -> anyhow::Result<()> {
        let commands = &self.world.commands;
        let behind = behind(commands, year).await?;
        ensure!(behind.len() == self.schools.len(), "{behind:#?}");
        sleep(Duration::from_millis(50)).await;
        let opened = all_opened(outcomes(commands, year, &behind, 1).await?, &behind)?;
        ensure!(opened.len() == behind.len(), "{opened:#?}");
        Ok(())
    }

    /// Opens a year in every school, a few at a time as in a country, and after moments in which the
    /// others are at work.
    async fn reset(&self, year: i32) -> anyhow::Result<()> {
        let behind = behind(&self.world.commands, year).await?;
        ensure!(behind.len() == self.schools.len(), "{behind:#?}");
        for part in behind.chunks(AT_ONCE) {
            sleep(Duration::from_millis(50)).await;
            let opened = open(&self.world.commands, year, part).await?;
            ensure!(opened.len() == part.len(), "{opened:#?}");
        }
        Ok(())
    }
}

/// The position of each school's opening of a year in a log.
fn openings(log: &[EventRecord], year: i32) -> anyhow::Result<BTreeMap<Uai, usize>> {
    let mut openings = BTreeMap::new();
    for (place, record) in log.iter().enumerate() {
        if let Event::Establishment(EstablishmentEvent::SchoolYearOpened { school_year }) =
            &record.event
            && school_year.year() == year
        {
            let before = openings.insert(record.establishment.clone(), place);
            ensure!(before.is_none(), "opened twice: {}", record.establishment);
        }
    }
    Ok(openings)
}

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

/// Nothing was done, and trying again is right.
fn is_busy(answer: &Answer) -> bool {
    answer.status == 409 && answer.body["code"] == "conflict"
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
async fn begin_again(race: &mut Race) -> anyhow::Result<()> {
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

/// Two operators, or one who lost patience: every establishment is opened once, by either, and neither is
/// told of a failure.
async fn two_resets_at_once_are_as_one(engine: Engine) -> anyhow::Result<()> {
    const YEARS: i32 = 12;
    let world = World::new(engine).await?;
    let size = Size {
        classes: 2,
        students_per_class: 4,
        without_class: 1,
    };
    let mut schools = Vec::new();
    for _ in 0..5 {
        schools.push(world.school(size).await?);
    }
    let other = Store::connect(&world.database.url, projections::all()).await?;
    let other = Commands::new(other, Arc::new(SystemClock), Vec::new());
    for round in 0..YEARS {
        let year = world.next_school_year()?.year() + round;
        let all = behind(&world.commands, year).await?;
        // The other one asks for the same, for them in another order, or for some of them.
        let mut theirs = all.clone();
        match round % 3 {
            0 => {}
            1 => theirs.reverse(),
            _ => theirs.truncate(3),
        }
        let before = replay::read_log(world.store(), 500).await?.len();
        let one = open(&world.commands, year, &all);
        let two = open(&other, year, &theirs);
        let (one, two) = together(u64::try_from(round)?, one, two).await?;
        let opened: Vec<_> = one.iter().chain(&two).collect();
        let places: BTreeSet<_> = opened.iter().map(|it| &it.establishment).collect();
        ensure!(
            places.len() == schools.len() && opened.len() == schools.len(),
            "{one:#?} and {two:#?}"
        );
        let log = replay::read_log(world.store(), 500).await?;
        let events: u64 = opened.iter().map(|it| 1 + it.classes + it.students).sum();
        ensure!(u64::try_from(log.len() - before)? == events, "{opened:#?}");
        ensure!(openings(&log, year)?.len() == schools.len());
        audit::everything(world.store()).await?;
        for school in &schools {
            let class = world.class(&school.uai, "3e A").await?;
            for pupil in school.classes.iter().flat_map(|(_, pupils)| pupils) {
                rejoin(&world, &school.uai, *pupil, Some(class)).await?;
            }
        }
    }
    other.store().close().await;
    Ok(())
}

/// Pupils who are moved without a pause, by as many as can: the reset decides on all of them, and each
/// move is faster than it. It comes through all the same, and soon.
async fn the_busiest_school_is_opened_too(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 3,
        students_per_class: CLIENTS,
        without_class: 0,
    };
    let mut race = Race::new(engine, 1, size).await?;
    let url = race.world.database.url.clone();
    let others = [
        Store::connect(&url, projections::all()).await?,
        Store::connect(&url, projections::all()).await?,
    ];
    let others = others.map(|store| Commands::new(store, Arc::new(SystemClock), Vec::new()));
    for year in race.years()? {
        let moves = AtomicU64::new(0);
        let hammering =
            (0..CLIENTS).map(|client| hammer(&race, &others[client % 2], client, &moves));
        let reset = async {
            while moves.load(Ordering::Relaxed) < 50 {
                sleep(Duration::from_millis(1)).await;
            }
            let begun = Instant::now();
            race.reset(year).await?;
            anyhow::Ok(begun.elapsed())
        };
        let (hammered, took) = tokio::join!(
            timeout(LIMIT, try_join_all(hammering)),
            timeout(LIMIT, reset)
        );
        let took = took.context("the reset does not come through")??;
        hammered.context("movers go on")??;
        ensure!(took < SOON, "it took {took:?}");
        audit::everything(race.world.store()).await?;
        begin_again(&mut race).await?;
    }
    for commands in others {
        commands.store().close().await;
    }
    Ok(())
}

/// Sends pupils to and fro until there are none.
async fn hammer(
    race: &Race,
    commands: &Commands,
    client: usize,
    moves: &AtomicU64,
) -> anyhow::Result<()> {
    let school = &race.schools[0];
    for turn in 0.. {
        let changes = school.classes.iter().enumerate();
        let changes = changes.map(|(place, (_, pupils))| RosterChange {
            student: pupils[client],
            to: Destination::Class(school.class((place + turn) % 3)),
            expected: None,
        });
        let change = ChangeRoster {
            establishment: school.uai.clone(),
            may_assign: true,
            changes: changes.collect(),
        };
        match commands.execute(&race.world.by(), &change).await {
            Ok(_) => _ = moves.fetch_add(1, Ordering::Relaxed),
            Err(CommandError::Refused(Refusal::Busy)) => {}
            Err(CommandError::Refused(Refusal::Roster(problems))) => {
                let gone = RosterReason::StudentNotFound;
                ensure!(problems.iter().all(|it| it.reason == gone), "{problems:?}");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
    bail!("moved for ever");
}
