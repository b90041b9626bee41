//! The reset beside staff and pupils at work: whoever acts at the same moment acted before it, or is told.
//!
//! The reset runs in one process, and what it races against in another: a server, or a second reset.

mod arrivals;
mod moves;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    on_both_engines, replay,
    server::Server,
    world::{School, Size, World},
};
use anyhow::{Context as _, bail, ensure};
use commands::{
    CommandError, Commands, Refusal, RosterReason,
    change_roster::{ChangeRoster, Destination, RosterChange},
};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    values::{Role, Uai},
};
use futures::future::try_join_all;
use store::{EventRecord, Store, SystemClock};
use tokio::time::{sleep, timeout};

use super::{
    races::together,
    reset::{all_opened, behind, open, outcomes, rejoin},
};
use moves::begin_again;

on_both_engines!(
    two_resets_at_once_are_as_one,
    the_busiest_school_is_opened_too,
);

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

/// Nothing was done, and trying again is right.
fn is_busy(answer: &Answer) -> bool {
    answer.status == 409 && answer.body["code"] == "conflict"
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
