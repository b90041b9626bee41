//! Use cases on a database: what is believed of memory, how often one is decided, what is written with it.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    actor::Actor,
    establishment::EstablishmentEvent,
    event::Event,
    ids::CorrelationId,
    values::{Priority, Role, StaffRole, Track},
};
use store::{Checkpoint, Conn, EventRecord, LoggedEvent};
use uuid::Uuid;

use super::*;
use crate::{
    Undecided, Wanted,
    add_staff::AddStaff,
    create_class::CreateClass,
    delete_class::DeleteClass,
    edit_class::EditClass,
    given::{Given, class, name, other_uai, person, student, uai, update, year},
    import_directory::ImportDirectory,
    open_school_years::{OpenSchoolYears, Opened},
    register_establishment::RegisterEstablishment,
    register_student::RegisterStudent,
    remove_staff::RemoveStaff,
    set_own_class::SetOwnClass,
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
        expected_version: None,
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

/// Counts how often a use case is decided.
struct Counted<'u, U>(&'u U, AtomicU32);

impl<'u, U> Counted<'u, U> {
    fn new(use_case: &'u U) -> Self {
        Self(use_case, AtomicU32::new(0))
    }

    fn times(&self) -> u32 {
        self.1.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl<U: UseCase> UseCase for Counted<'_, U> {
    type Output = U::Output;

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        self.0.load(loader).await
    }

    fn decide(&self, work: &mut Work) -> Result<U::Output, Undecided> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.decide(work)
    }
}

/// Finds that somebody acted between two loads, so many times.
struct Overtaken(AtomicU32);

impl Overtaken {
    const fn times(times: u32) -> Self {
        Self(AtomicU32::new(times))
    }
}

#[async_trait]
impl UseCase for Overtaken {
    type Output = ();

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        loader.load(Wanted::default()).await
    }

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

/// Writes a row for each colleague who joins.
#[derive(Clone, Default)]
struct OnJoining {
    row: Row,
    at: Arc<Mutex<Vec<DateTime<Utc>>>>,
}

impl Reaction for OnJoining {
    fn react(&self, events: &[EventRecord], clock: &dyn Clock) -> Vec<Box<dyn Write>> {
        self.at.lock().unwrap().push(clock.now());
        let joined = events.iter().filter(|it| {
            matches!(
                it.event,
                Event::Establishment(EstablishmentEvent::StaffJoined { .. })
            )
        });
        joined
            .map(|_| Box::new(self.row.clone()) as Box<dyn Write>)
            .collect()
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

/// What goes with an action is written with it, though it has nothing to append: an account, say.
#[tokio::test]
async fn rows_are_written_with_the_action_whatever_it_appends() {
    let commands = on(&empty().await);
    commands.execute(&by(), &import()).await.unwrap();
    let row = Row::default();
    let writes: [&dyn Write; 1] = [&row];
    for times in [1, 2] {
        commands
            .execute_with(&by(), &register(), &writes)
            .await
            .unwrap();
        assert_eq!(row.times(), times);
    }
    assert_eq!(log(&commands).await.len(), 4);
}

/// Where the address is taken, nobody joins: the row refuses, and with it the whole action.
#[tokio::test]
async fn a_row_may_refuse_the_action() {
    let commands = on(&empty().await);
    commands.execute(&by(), &import()).await.unwrap();
    let row = Row {
        refuses: true,
        ..Row::default()
    };
    let writes: [&dyn Write; 1] = [&row];
    let refused = commands
        .execute_with(&by(), &register(), &writes)
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        CommandError::Refused(Refusal::EmailTaken)
    ));
    assert_eq!(log(&commands).await.len(), 2);
}

/// A letter follows from what happened: none where nothing did, and nothing happens where it cannot be
/// written.
#[tokio::test]
async fn what_follows_from_events_is_written_with_them() {
    let store = empty().await;
    let reaction = OnJoining::default();
    let reactions: Vec<Box<dyn Reaction>> = vec![Box::new(reaction.clone())];
    let commands = Commands::new(store.clone(), Arc::new(Standing), reactions);
    commands.execute(&by(), &import()).await.unwrap();
    assert_eq!(reaction.row.times(), 0);
    for _ in 0..2 {
        commands.execute(&by(), &register()).await.unwrap();
        assert_eq!(reaction.row.times(), 1);
    }
    assert_eq!(*reaction.at.lock().unwrap(), [Standing.now(); 2]);

    let mut failing = OnJoining::default();
    failing.row.refuses = true;
    let commands = Commands::new(store, Arc::new(Standing), vec![Box::new(failing)]);
    let add = AddStaff {
        establishment: uai(),
        staff: person(2),
        role: StaffRole::Teacher,
    };
    assert!(commands.execute(&by(), &add).await.is_err());
    assert_eq!(log(&commands).await.len(), 4);
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

/// A refusal that owes nothing to memory is final at once.
#[tokio::test]
async fn a_refusal_on_fresh_state_is_final() {
    let commands = on(&empty().await);
    let register = register();
    let counted = Counted::new(&register);
    let refused = commands.execute(&by(), &counted).await.unwrap_err();
    assert!(matches!(
        refused,
        CommandError::Refused(Refusal::EstablishmentNotFound)
    ));
    assert_eq!(counted.times(), 1);
}

/// A class is remembered as the last action left it; what another server did to it meanwhile is found out
/// by the append, and the action done on what the class is.
#[tokio::test]
async fn what_another_server_did_is_found_out() {
    let store = empty().await;
    let (one, other) = (on(&store), on(&store));
    with_class(&one).await;
    let rename = [rename(2), rename(3), rename(4), rename(5)];
    let counted: Vec<_> = rename.iter().map(Counted::new).collect();
    one.execute(&by(), &counted[0]).await.unwrap();
    assert_eq!(counted[0].times(), 1);
    other.execute(&by(), &counted[1]).await.unwrap();
    assert_eq!(counted[1].times(), 1);
    one.execute(&by(), &counted[2]).await.unwrap();
    assert_eq!(counted[2].times(), 2);
    one.execute(&by(), &counted[3]).await.unwrap();
    assert_eq!(counted[3].times(), 1);
}

/// Memory refuses nobody and calls nothing done: both are believed of the log alone.
#[tokio::test]
async fn nothing_is_said_from_memory_alone() {
    let store = empty().await;
    let (one, other) = (on(&store), on(&store));
    with_class(&one).await;
    other.execute(&by(), &rename(2)).await.unwrap();
    let back = rename(1);
    let counted = Counted::new(&back);
    one.execute(&by(), &counted).await.unwrap();
    assert_eq!(counted.times(), 2);

    other.execute(&by(), &rename(3)).await.unwrap();
    let delete = DeleteClass {
        establishment: uai(),
        class: class(1),
        expected_version: Some(4),
    };
    let counted = Counted::new(&delete);
    one.execute(&by(), &counted).await.unwrap();
    assert_eq!(counted.times(), 2);
}

/// A refusal that stands on fresh state is final too.
#[tokio::test]
async fn a_refusal_from_memory_is_decided_once_more() {
    let commands = on(&empty().await);
    with_class(&commands).await;
    let delete = DeleteClass {
        establishment: uai(),
        class: class(1),
        expected_version: Some(9),
    };
    let counted = Counted::new(&delete);
    let refused = commands.execute(&by(), &counted).await.unwrap_err();
    let stale = Refusal::StaleVersion { current: 1 };
    assert!(matches!(refused, CommandError::Refused(it) if it == stale));
    assert_eq!(counted.times(), 2);
}

/// A class that an append failed on is read again: who knows why it failed.
#[tokio::test]
async fn a_class_is_forgotten_where_appending_failed() {
    let commands = on(&empty().await);
    with_class(&commands).await;
    assert!(commands.recent.get(class(1)).is_some());
    let row = Row {
        refuses: true,
        ..Row::default()
    };
    let writes: [&dyn Write; 1] = [&row];
    let refused = commands
        .execute_with(&by(), &rename(2), &writes)
        .await
        .unwrap_err();
    assert!(matches!(refused, CommandError::Refused(_)));
    assert!(commands.recent.get(class(1)).is_none());
}

/// The same actions on a database and on streams in memory: what the tests of use cases rest on.
#[tokio::test]
async fn a_database_says_what_streams_in_memory_say() {
    let commands = on(&empty().await);
    let mut given = Given::default();
    macro_rules! both {
        ($($use_case:expr),+ $(,)?) => {$(
            let use_case = $use_case;
            let done = commands.execute(&by(), &use_case).await.unwrap();
            assert_eq!(done, given.act(&use_case).unwrap());
        )+};
    }
    let join = |id| AddStaff {
        establishment: uai(),
        staff: person(id),
        role: StaffRole::MainTeacher,
    };
    let choose = |teacher, to| SetOwnClass {
        establishment: uai(),
        teacher: person(teacher),
        class: Some(class(to)),
    };
    let sign_up = |id, to: Option<u128>| RegisterStudent {
        establishment: uai(),
        student: student(id),
        class: to.map(class),
    };
    let open = |start| OpenSchoolYears {
        establishments: vec![uai()],
        school_year: year(start),
    };
    both!(import(), register(), create(1), create(2), create(3));
    both!(join(2), join(3), choose(2, 1), choose(3, 2), choose(2, 3));
    let delete = DeleteClass {
        establishment: uai(),
        class: class(1),
        expected_version: None,
    };
    let remove = RemoveStaff {
        establishment: uai(),
        staff: person(2),
    };
    both!(delete, remove, sign_up(1, Some(2)), sign_up(2, None));
    both!(open(2027), sign_up(3, None));
    let opened = commands.execute(&by(), &open(2028)).await.unwrap();
    let expected = Opened {
        establishment: uai(),
        classes: 0,
        students: 1,
        invitations: 0,
    };
    assert_eq!(opened, [expected]);
    assert_eq!(opened, given.act(&open(2028)).unwrap());
    let said = |records: Vec<EventRecord>| {
        let mut said: Vec<_> = records
            .into_iter()
            .map(|it| (it.stream, it.sequence, it.event, it.establishment))
            .collect();
        said.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        said
    };
    let log = log(&commands).await;
    let log = log.into_iter().map(|it| it.record).collect();
    assert_eq!(said(log), said(given.records()));
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
