//! A fictitious country, the same each time: schools with staff, classes and pupils, and a year of moves,
//! written by the aggregates and the append that the program itself uses.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use acceptance::world::fictitious_uai;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use commands::{
    By, Clock, CommandError, Commands, UnitOfWork, UseCase, Wanted,
    change_roster::{ChangeRoster, Destination, RosterChange},
};
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand, ListingUpdate},
    ids::{ClassId, CorrelationId, PersonId, StudentId},
    student::{Student, StudentCommand},
    values::{ClassName, Priority, SchoolYear, StaffRole, Track, Uai},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use store::Store;

/// Schools founded by one action: what an action costs by itself then hardly shows.
const AT_ONCE: usize = 8;

/// Of so many pupils, one has no class.
const WITHOUT_CLASS: u32 = 40;

/// Pupils per class, on average.
const PER_CLASS: u32 = 28;

/// Moves that one action makes.
const MOVES: usize = 60;

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
    staff: Vec<PersonId>,
    pub(crate) classes: Vec<ClassId>,
    pub(crate) students: Vec<(StudentId, Option<ClassId>)>,
}

/// A time of its own: ten minutes go by from one action to the next.
struct YearClock(AtomicI64);

impl Clock for YearClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

impl YearClock {
    /// The first of September 2026.
    const START: i64 = 1_788_220_800_000_000;

    fn pass(&self) {
        let minutes = TimeDelta::minutes(10)
            .num_microseconds()
            .unwrap_or_default();
        self.0.fetch_add(minutes, Ordering::Relaxed);
    }
}

impl Country {
    /// An empty one.
    pub(crate) fn new(store: Store) -> Self {
        let clock = Arc::new(YearClock(AtomicI64::new(YearClock::START)));
        let as_clock: Arc<dyn Clock> = clock.clone();
        Self {
            commands: Commands::new(store, as_clock),
            schools: Vec::new(),
            random: StdRng::seed_from_u64(2026),
            clock,
        }
    }

    /// Founds schools until there are this many.
    pub(crate) async fn found(&mut self, schools: usize) -> anyhow::Result<()> {
        while self.schools.len() < schools {
            let mut founded = Vec::new();
            for _ in 0..AT_ONCE.min(schools - self.schools.len()) {
                let number = u32::try_from(self.schools.len() + founded.len())?;
                founded.push(self.plan(number)?);
            }
            self.commands
                .execute(&self.by(), &Founding(&founded))
                .await?;
            self.clock.pass();
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

    /// Lets staff of one school move pupils once.
    pub(crate) async fn change(&mut self) -> anyhow::Result<()> {
        let chosen = self.random.random_range(0..self.schools.len());
        let changes = self.moves(chosen);
        let change = ChangeRoster {
            establishment: self.schools[chosen].uai.clone(),
            may_assign: true,
            changes,
        };
        self.commands.execute(&self.by(), &change).await?;
        self.clock.pass();
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
        Ok(School {
            uai: fictitious_uai(number)?,
            staff: (0..staff)
                .map(|_| PersonId::new(clock.new_uuid()))
                .collect(),
            classes,
            students,
        })
    }

    fn moves(&mut self, chosen: usize) -> Vec<RosterChange> {
        let school = &mut self.schools[chosen];
        let mut changes = Vec::new();
        let first = self.random.random_range(0..school.students.len());
        for (student, class) in school.students.iter_mut().skip(first).take(MOVES) {
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
struct Founding<'s>(&'s [School]);

#[async_trait]
impl UseCase for Founding<'_> {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::default()).await?;
        for school in self.0 {
            establish(work, school).await?;
            for (number, class) in school.classes.iter().enumerate() {
                open(work, school, number, class).await?;
            }
            for (student, class) in &school.students {
                enrol(work, school, *student, *class).await?;
            }
        }
        Ok(())
    }
}

fn year() -> Result<SchoolYear, CommandError> {
    SchoolYear::starting(2026).map_err(|_| commands::Refusal::Busy.into())
}

async fn establish(work: &mut UnitOfWork, school: &School) -> Result<(), CommandError> {
    let listing = ListingUpdate {
        name: format!("Collège {}", school.uai),
        city: "Valclair".to_owned(),
        postal_code: None,
        department: Some("Val-de-Démo".to_owned()),
        academy: Some("Démo".to_owned()),
        mailbox: None,
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
    for command in asked {
        work.handle::<Establishment>(&school.uai, command).await?;
    }
    Ok(())
}

async fn open(
    work: &mut UnitOfWork,
    school: &School,
    number: usize,
    class: &ClassId,
) -> Result<(), CommandError> {
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
        work.handle::<Class>(class, command).await?;
    }
    Ok(())
}

async fn enrol(
    work: &mut UnitOfWork,
    school: &School,
    student: StudentId,
    class: Option<ClassId>,
) -> Result<(), CommandError> {
    let mut asked = vec![StudentCommand::Register {
        establishment: school.uai.clone(),
        school_year: year()?,
    }];
    asked.extend(class.map(|class| StudentCommand::Place {
        class,
        expected: None,
    }));
    for command in asked {
        work.handle::<Student>(&student, command)
            .await
            .map_err(|_| commands::Refusal::StudentNotFound)?;
    }
    if let Some(class) = class {
        let admit = ClassCommand::Admit {
            student,
            from: None,
        };
        work.handle::<Class>(&class, admit).await?;
    }
    Ok(())
}
