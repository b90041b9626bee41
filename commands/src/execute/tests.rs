//! Use cases on a database: what is believed of memory, how often one is decided, what is written with it.

mod memory;
mod streams;
mod together;

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    actor::Actor,
    ids::CorrelationId,
    values::{Priority, Role, Track},
};
use store::{Checkpoint, Conn, EventRecord, LoggedEvent};
use uuid::Uuid;

use super::*;
use crate::{
    Undecided,
    create_class::CreateClass,
    edit_class::EditClass,
    given::{class, name, other_uai, person, uai, update, year},
    import_directory::ImportDirectory,
    register_establishment::RegisterEstablishment,
};

/// A clock that stands still.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        "2026-11-23T08:00:00Z".parse().unwrap()
    }
}

fn by() -> By {
    By {
        actor: Actor {
            id: person(1),
            role: Role::Head,
        },
        correlation: CorrelationId::new(Uuid::from_u128(5)),
        once: None,
    }
}

async fn empty() -> Store {
    let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn on(store: &Store) -> Commands {
    Commands::new(store.clone(), Arc::new(Standing), Vec::new())
}

fn import() -> ImportDirectory {
    let rep = update(Some(Priority::Rep));
    ImportDirectory {
        schools: vec![(uai(), rep.clone()), (other_uai(), rep)],
        closed: Vec::new(),
    }
}

fn register() -> RegisterEstablishment {
    RegisterEstablishment {
        establishment: uai(),
        head: person(1),
        school_year: year(2026),
    }
}

fn create(id: u128) -> CreateClass {
    CreateClass {
        establishment: uai(),
        class: class(id),
        name: name(id),
        track: Track::TroisiemeGenerale,
    }
}

fn rename(to: u128) -> EditClass {
    EditClass {
        establishment: uai(),
        class: class(1),
        name: Some(name(to)),
        track: None,
        expected_versions: None,
    }
}

/// A registered establishment with class 1, which `commands` remember.
async fn with_class(commands: &Commands) {
    commands.execute(&by(), &import()).await.unwrap();
    commands.execute(&by(), &register()).await.unwrap();
    commands.execute(&by(), &create(1)).await.unwrap();
}

async fn log(commands: &Commands) -> Vec<LoggedEvent> {
    let log = commands.store().read_after(Checkpoint::default(), 1_000);
    log.await.unwrap()
}

/// Finds that somebody acted between two loads, so many times.
struct Overtaken(AtomicU32);

impl Overtaken {
    const fn times(times: u32) -> Self {
        Self(AtomicU32::new(times))
    }
}

impl UseCase for Overtaken {
    type Output = ();

    fn decide(&self, _: &mut Work) -> Result<(), Undecided> {
        let left = self.0.load(Ordering::Relaxed);
        if left == 0 {
            return Ok(());
        }
        self.0.store(left - 1, Ordering::Relaxed);
        Err(Undecided::DecideAgain)
    }
}

/// Counts how often it is written, or refuses to be.
#[derive(Clone, Default)]
struct Row {
    written: Arc<AtomicUsize>,
    refuses: bool,
}

impl Row {
    fn times(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Write for Row {
    async fn write(&self, _: &mut Conn<'_>) -> Result<(), StoreError> {
        if self.refuses {
            return Err(Refusal::EmailTaken.into());
        }
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Heads answer for what is done in their establishment: each event says who did it, as part of what, and
/// when; all those of one action the same.
#[tokio::test]
async fn events_say_who_did_it_and_when() {
    let commands = on(&empty().await);
    commands.execute(&by(), &import()).await.unwrap();
    commands.execute(&by(), &register()).await.unwrap();
    let log = log(&commands).await;
    let [.., registered, joined] = &log[..] else {
        panic!("{log:?}")
    };
    let (registered, joined) = (&registered.record, &joined.record);
    assert_eq!(registered.metadata, joined.metadata);
    assert_eq!(registered.metadata.actor, by().actor);
    assert_eq!(registered.metadata.correlation, by().correlation);
    assert_ne!(registered.metadata, log[0].record.metadata);
    assert_eq!(registered.recorded_at, Standing.now());
    assert_eq!((registered.sequence, joined.sequence), (2, 3));
    assert_eq!(registered.establishment, uai());
}

/// Thirty pupils who join one class at the same moment are all let in; but nobody waits for ever.
#[tokio::test]
async fn what_was_overtaken_is_decided_again_and_not_for_ever() {
    let commands = on(&empty().await);
    let overtaken = Overtaken::times(MAX_ATTEMPTS);
    commands.execute(&by(), &overtaken).await.unwrap();
    let always = Overtaken::times(MAX_ATTEMPTS + 10);
    let busy = commands.execute(&by(), &always).await.unwrap_err();
    assert!(matches!(busy, CommandError::Refused(Refusal::Busy)));
    // The first attempt, from memory, counts for itself.
    assert_eq!(always.0.load(Ordering::Relaxed), 9);
}

/// A reset of hundreds of establishments is not decided forty times: whoever runs it chooses what next.
#[tokio::test]
async fn what_is_decided_once_is_not_decided_again() {
    let commands = on(&empty().await);
    let overtaken = Overtaken::times(2);
    let patience = Duration::from_millis(10);
    let once = commands.execute_once(&by(), &overtaken).await;
    assert!(matches!(once, Err(CommandError::DecideAgain)));
    let alone = commands.execute_alone(&by(), &overtaken, patience).await;
    assert!(matches!(alone, Err(CommandError::DecideAgain)));
    assert_eq!(overtaken.0.load(Ordering::Relaxed), 0);

    commands.execute_once(&by(), &import()).await.unwrap();
    let alone = commands.execute_alone(&by(), &register(), patience).await;
    alone.unwrap();
    assert_eq!(log(&commands).await.len(), 4);
}

/// Two that collide wait differently, some milliseconds at first, and never long.
#[test]
fn the_longer_it_lasts_the_longer_one_waits() {
    for (attempt, millis) in [(1, 1), (2, 4), (8, 64), (20, 64), (39, 64)] {
        let micros = u128::from(millis) * 1_000_u128;
        assert_eq!(pause(attempt, micros + 7), Duration::from_micros(7));
        let longest = Duration::from_micros(millis * 1_000 - 1);
        assert_eq!(pause(attempt, micros - 1), longest);
    }
}
