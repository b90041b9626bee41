//! A fictitious country, the same each time: schools with staff, classes and pupils, and a year of moves,
//! written by the aggregates and the append that the program itself uses.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use acceptance::world::fictitious_uai;
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use commands::{
    By, Commands, Loader, Undecided, UseCase, Work,
    change_roster::{ChangeRoster, Destination, RosterChange},
};
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand, ListingUpdate},
    ids::{ClassId, CorrelationId, InvitationId, PersonId, StudentId},
    student::{Student, StudentCommand},
    values::{ClassName, Priority, SchoolYear, StaffRole, Track, Uai},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use store::{Clock, Store, StoreError};

/// What all that is random follows from.
const SEED: u64 = 2026;

/// Schools founded by one action: what an action costs by itself then hardly shows.
const AT_ONCE: usize = 8;

/// Of so many pupils, one has no class.
const WITHOUT_CLASS: u32 = 40;

/// Pupils per class, on average.
const PER_CLASS: u32 = 28;

/// Moves that one action makes at most, where a log is to grow.
const MOVES: usize = 60;

/// What a year is made of: how often staff of a school change their lists, and how many pupils then move.
const CHANGES: i32 = 5;
const MOVES_EACH: usize = 4;

/// How long it lasts.
const SCHOOL_YEAR: TimeDelta = TimeDelta::days(300);

/// How much time goes by from one action to the next otherwise.
const PAUSE: TimeDelta = TimeDelta::minutes(10);

/// The school year that every school is in.
pub(crate) const YEAR: i32 = 2026;

/// The number of the first school: those before are left to whoever needs one with accounts.
const FIRST: u32 = 1;

/// Academies, which schools belong to in turn.
const ACADEMIES: u32 = 30;

/// Of so many schools, one has a pending invitation.
const WITH_INVITATION: u32 = 4;

/// The country, as far as it is written.
pub(crate) struct Country {
    pub(crate) commands: Commands,
    pub(crate) schools: Vec<School>,
    random: StdRng,
    clock: Arc<YearClock>,
}

/// One of its schools.
pub(crate) struct School {
    pub(crate) uai: Uai,
    pub(crate) academy: String,
    /// The head, and a main teacher for each class.
    pub(crate) staff: Vec<PersonId>,
    /// Of somebody who never came.
    pub(crate) invitation: Option<InvitationId>,
    pub(crate) classes: Vec<ClassId>,
    pub(crate) students: Vec<(StudentId, Option<ClassId>)>,
}

/// A time of its own, and ids that are the same each time.
struct YearClock {
    microseconds: AtomicI64,
    ids: AtomicU64,
}

impl Clock for YearClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.microseconds.load(Ordering::Relaxed))
            .unwrap_or_default()
    }

    /// As spread as real chance, since indexes are slower for ids of that kind.
    fn random(&self, bytes: &mut [u8]) {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        StdRng::seed_from_u64(number).fill(bytes);
    }
}

impl YearClock {
    /// The first of September of the country's school year.
    fn new() -> Self {
        let start = NaiveDate::from_ymd_opt(YEAR, 9, 1).unwrap_or_default();
        let start = start.and_time(NaiveTime::MIN).and_utc();
        Self {
            microseconds: AtomicI64::new(start.timestamp_micros()),
            ids: AtomicU64::new(0),
        }
    }

    fn pass(&self, time: TimeDelta) {
        let microseconds = time.num_microseconds().unwrap_or_default();
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }
}

impl Country {
    /// An empty one.
    pub(crate) fn new(store: Store) -> Self {
        let clock = Arc::new(YearClock::new());
        let as_clock: Arc<dyn Clock> = clock.clone();
        Self {
            commands: Commands::new(store, as_clock, Vec::new()),
            schools: Vec::new(),
            random: StdRng::seed_from_u64(SEED),
            clock,
        }
    }

    /// Founds schools until there are this many.
    pub(crate) async fn found(&mut self, schools: usize) -> anyhow::Result<()> {
        while self.schools.len() < schools {
            let mut founded = Vec::new();
            for _ in 0..AT_ONCE.min(schools - self.schools.len()) {
                let number = u32::try_from(self.schools.len() + founded.len())?;
                founded.push(self.plan(FIRST + number)?);
            }
            self.commands
                .execute(&self.by(), &Founding(&founded))
                .await?;
            self.clock.pass(PAUSE);
            self.schools.append(&mut founded);
        }
        Ok(())
    }

    /// Lets staff move pupils of random schools until the log has about this many events.
    pub(crate) async fn live(&mut self, events: i64) -> anyhow::Result<()> {
        while self.commands.store().head().await? < events {
            self.change().await?;
        }
        Ok(())
    }

    /// Lets a year go by in every school.
    pub(crate) async fn live_a_year(&mut self) -> anyhow::Result<()> {
        let pause = SCHOOL_YEAR / CHANGES / i32::try_from(self.schools.len())?;
        for _ in 0..CHANGES {
            for school in 0..self.schools.len() {
                self.change_in(school, MOVES_EACH, pause).await?;
            }
        }
        Ok(())
    }

    /// Lets staff of one school move pupils once.
    pub(crate) async fn change(&mut self) -> anyhow::Result<()> {
        let chosen = self.random.random_range(0..self.schools.len());
        self.change_in(chosen, MOVES, PAUSE).await
    }

    async fn change_in(
        &mut self,
        chosen: usize,
        moves: usize,
        pause: TimeDelta,
    ) -> anyhow::Result<()> {
        let changes = self.moves(chosen, moves);
        let change = ChangeRoster {
            establishment: self.schools[chosen].uai.clone(),
            may_assign: true,
            changes,
        };
        self.commands.execute(&self.by(), &change).await?;
        self.clock.pass(pause);
        Ok(())
    }

    fn by(&self) -> By {
        By::system(CorrelationId::new(self.commands.clock().new_uuid()))
    }

    fn plan(&mut self, number: u32) -> anyhow::Result<School> {
        let clock = self.commands.clock();
        // 1 to 9, four on average.
        let classes = 1
            + (0..3).map(|_| self.random.random_range(0..=2)).sum::<u32>()
            + u32::from(self.random.random_ratio(1, 20)) * 2;
        let classes: Vec<_> = (0..classes)
            .map(|_| ClassId::new(clock.new_uuid()))
            .collect();
        let mut students = Vec::new();
        for class in &classes {
            for _ in 0..self.random.random_range(PER_CLASS - 4..=PER_CLASS + 4) {
                let without = self.random.random_ratio(1, WITHOUT_CLASS);
                let id = StudentId::new(clock.new_uuid());
                students.push((id, (!without).then_some(*class)));
            }
        }
        let staff = classes.len() + 1;
        let invitation = self.random.random_ratio(1, WITH_INVITATION);
        Ok(School {
            uai: fictitious_uai(number)?,
            academy: format!("Démo {:02}", 1 + number % ACADEMIES),
            invitation: invitation.then(|| InvitationId::new(clock.new_uuid())),
            staff: (0..staff)
                .map(|_| PersonId::new(clock.new_uuid()))
                .collect(),
            classes,
            students,
        })
    }

    fn moves(&mut self, chosen: usize, most: usize) -> Vec<RosterChange> {
        let school = &mut self.schools[chosen];
        let mut changes = Vec::new();
        let first = self.random.random_range(0..school.students.len());
        for (student, class) in school.students.iter_mut().skip(first).take(most) {
            let Some(next) = school.classes.choose(&mut self.random) else {
                continue;
            };
            *class = Some(*next);
            changes.push(RosterChange {
                student: *student,
                to: Destination::Class(*next),
                expected: None,
            });
        }
        changes
    }
}

/// Schools, from the directory to the last pupil's class, in one action.
pub(crate) struct Founding<'s>(pub(crate) &'s [School]);

#[async_trait]
impl UseCase for Founding<'_> {
    type Output = ();

    /// Nothing: there is nothing yet.
    async fn load(&self, _: &mut Loader<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        for school in self.0 {
            establish(work, school)?;
            for (number, class) in school.classes.iter().enumerate() {
                open(work, school, number, class)?;
            }
            for (student, class) in &school.students {
                enrol(work, school, *student, *class)?;
            }
        }
        Ok(())
    }
}

fn year() -> Result<SchoolYear, Undecided> {
    SchoolYear::starting(YEAR).map_err(|_| commands::Refusal::Busy.into())
}

fn establish(work: &mut Work, school: &School) -> Result<(), Undecided> {
    let listing = ListingUpdate {
        name: format!("Collège {}", school.uai),
        city: "Valclair".to_owned(),
        postal_code: None,
        department: Some("Val-de-Démo".to_owned()),
        academy: Some(school.academy.clone()),
        mailbox: None,
        closed: None,
        priority: Some(Some(Priority::Rep)),
    };
    let mut asked = vec![
        EstablishmentCommand::List(listing),
        EstablishmentCommand::Register {
            invitation: None,
            head: school.staff[0],
            school_year: year()?,
        },
    ];
    asked.extend(
        school.staff[1..]
            .iter()
            .map(|staff| EstablishmentCommand::AddStaff {
                staff: *staff,
                role: StaffRole::MainTeacher,
                invitation: None,
            }),
    );
    asked.extend(
        school
            .invitation
            .map(|invitation| EstablishmentCommand::Invite {
                invitation,
                role: StaffRole::Teacher,
                class: None,
            }),
    );
    for command in asked {
        work.handle::<Establishment>(&school.uai, command)?;
    }
    Ok(())
}

fn open(work: &mut Work, school: &School, number: usize, class: &ClassId) -> Result<(), Undecided> {
    let name = format!("3e {}", number + 1);
    let create = ClassCommand::Create {
        establishment: school.uai.clone(),
        school_year: year()?,
        name: ClassName::parse(&name).map_err(|_| commands::Refusal::Busy)?,
        track: Track::TroisiemeGenerale,
    };
    let assign = ClassCommand::AssignMainTeacher {
        teacher: school.staff[number + 1],
        from: None,
    };
    for command in [create, assign] {
        work.handle::<Class>(class, command)?;
    }
    Ok(())
}

fn enrol(
    work: &mut Work,
    school: &School,
    student: StudentId,
    class: Option<ClassId>,
) -> Result<(), Undecided> {
    let mut asked = vec![StudentCommand::Register {
        establishment: school.uai.clone(),
        school_year: year()?,
    }];
    asked.extend(class.map(|class| StudentCommand::Place { class }));
    for command in asked {
        work.handle::<Student>(&student, command)?;
    }
    if let Some(class) = class {
        let admit = ClassCommand::Admit {
            student,
            from: None,
        };
        work.handle::<Class>(&class, admit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of two days are of the same country, down to the ids that indexes are sorted by.
    #[tokio::test]
    async fn it_is_the_same_each_time() -> anyhow::Result<()> {
        let mut logs = Vec::new();
        for _ in 0..2 {
            let folder = tempfile::tempdir()?;
            let url = format!("sqlite://{}", folder.path().join("country.db").display());
            let store = Store::connect(&url, projections::all()).await?;
            store.migrate().await?;
            let mut country = Country::new(store.clone());
            country.found(20).await?;
            country.live_a_year().await?;
            let sizes: Vec<_> = country.schools.iter().map(|it| it.classes.len()).collect();
            assert!(sizes.iter().all(|classes| (1..=9).contains(classes)));
            logs.push(acceptance::replay::read_log(&store, 1_000).await?);
            store.close().await;
        }
        assert!(logs[0].len() > 20 * (28 * 3 + 1) && logs[0] == logs[1]);
        Ok(())
    }
}
