//! A town of registered schools, three times over: for us, for the floor and for the peer.

use std::sync::Arc;

use acceptance::{engine::Engine, postgres::Cluster, world::fictitious_uai};
use async_trait::async_trait;
use commands::{By, CommandError, Commands, SystemClock, UnitOfWork, UseCase, Wanted};
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand, ListingUpdate},
    ids::{ClassId, CorrelationId, PersonId, StudentId},
    student::{Student, StudentCommand},
    values::{ClassName, Priority, SchoolYear, Track, Uai},
};
use sqlx::{Connection as _, PgConnection, PgPool, SqlitePool};
use store::Store;

/// Schools in the town: as many as there are collèges in REP and REP+, so that a class keeps the few
/// dozen events of a real one, however long the run.
const SCHOOLS: u32 = 1_092;
const CLASSES: usize = 4;
const STUDENTS_PER_CLASS: usize = 28;

/// The databases of one engine.
pub(crate) struct Places {
    pub(crate) engine: Engine,
    pub(crate) ours: Commands,
    pub(crate) floor: FloorPool,
    /// Stock tables, on PostgreSQL.
    pub(crate) peer: Option<PgPool>,
    /// The same in all of them.
    pub(crate) schools: Vec<School>,
    _folder: tempfile::TempDir,
}

/// Where the hand-written SQL runs.
pub(crate) enum FloorPool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// A school, and what whoever writes by hand must keep count of.
#[derive(Clone)]
pub(crate) struct School {
    pub(crate) uai: Uai,
    pub(crate) classes: Vec<TownClass>,
    pub(crate) students: Vec<TownStudent>,
}

#[derive(Clone)]
pub(crate) struct TownClass {
    pub(crate) id: ClassId,
    pub(crate) name: ClassName,
    pub(crate) sequence: i64,
}

#[derive(Clone)]
pub(crate) struct TownStudent {
    pub(crate) id: StudentId,
    pub(crate) class: usize,
    pub(crate) sequence: i64,
}

impl Places {
    /// Fills a database through the use cases, and copies it.
    pub(crate) async fn prepare(engine: Engine, cluster: &Cluster) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("monstage-bench-")
            .tempdir()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let ours_url = match engine {
            Engine::Postgres => cluster.database("ours").await?,
            Engine::Sqlite => format!("sqlite://{}", path("ours.db")),
        };
        let store = Store::connect(&ours_url, projections::all()).await?;
        store.migrate().await?;
        let schools = fill(&Commands::new(store.clone(), Arc::new(SystemClock))).await?;
        store.close().await;
        let (floor, peer) = match engine {
            Engine::Postgres => copies_on_postgres(&ours_url).await?,
            Engine::Sqlite => {
                std::fs::copy(path("ours.db"), path("floor.db"))?;
                let url = format!("sqlite://{}", path("floor.db"));
                (FloorPool::Sqlite(crate::floor::sqlite(&url).await?), None)
            }
        };
        let store = Store::connect(&ours_url, projections::all()).await?;
        Ok(Self {
            engine,
            ours: Commands::new(store, Arc::new(SystemClock)),
            floor,
            peer,
            schools,
            _folder: folder,
        })
    }
}

async fn copies_on_postgres(ours: &str) -> anyhow::Result<(FloorPool, Option<PgPool>)> {
    let mut connection = PgConnection::connect(ours).await?;
    sqlx::raw_sql("VACUUM ANALYZE")
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    let postgres = ours.replace("/ours?", "/postgres?");
    let mut connection = PgConnection::connect(&postgres).await?;
    for copy in ["floor", "peer"] {
        // A database is copied only when nobody is in it, autovacuum included.
        for sql in [
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ours'",
            &format!("CREATE DATABASE {copy} TEMPLATE ours"),
        ] {
            sqlx::raw_sql(sql).execute(&mut connection).await?;
        }
    }
    connection.close().await?;
    let floor = crate::floor::postgres(&ours.replace("/ours?", "/floor?")).await?;
    let peer = crate::floor::postgres(&ours.replace("/ours?", "/peer?")).await?;
    crate::peer::create_tables(&peer).await?;
    Ok((FloorPool::Postgres(floor), Some(peer)))
}

async fn fill(commands: &Commands) -> anyhow::Result<Vec<School>> {
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    let mut schools = Vec::new();
    for number in 0..SCHOOLS {
        let school = School::new(commands, fictitious_uai(number)?)?;
        commands.execute(&by, &Founding(&school)).await?;
        schools.push(school);
    }
    Ok(schools)
}

impl School {
    fn new(commands: &Commands, uai: Uai) -> anyhow::Result<Self> {
        let clock = commands.clock();
        let classes = ('A'..='Z')
            .take(CLASSES)
            .map(|letter| {
                Ok(TownClass {
                    id: ClassId::new(clock.new_uuid()),
                    name: ClassName::parse(&format!("3e {letter}"))?,
                    sequence: 1 + i64::try_from(STUDENTS_PER_CLASS)?,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let students = (0..CLASSES * STUDENTS_PER_CLASS)
            .map(|number| TownStudent {
                id: StudentId::new(clock.new_uuid()),
                class: number % CLASSES,
                sequence: 2,
            })
            .collect();
        Ok(Self {
            uai,
            classes,
            students,
        })
    }
}

/// A whole school in one action.
struct Founding<'s>(&'s School);

#[async_trait]
impl UseCase for Founding<'_> {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        let Self(school) = self;
        work.load(Wanted::default()).await?;
        let year = SchoolYear::starting(2026).map_err(|_| commands::Refusal::Busy)?;
        let listing = ListingUpdate {
            name: format!("Collège {}", school.uai),
            city: "Valclair".to_owned(),
            postal_code: None,
            department: None,
            academy: None,
            mailbox: None,
            priority: Some(Some(Priority::Rep)),
        };
        let register = EstablishmentCommand::Register {
            invitation: None,
            head: PersonId::from(school.students[0].id),
            school_year: year,
        };
        for command in [EstablishmentCommand::List(listing), register] {
            work.handle::<Establishment>(&school.uai, command).await?;
        }
        for class in &school.classes {
            let create = ClassCommand::Create {
                establishment: school.uai.clone(),
                school_year: year,
                name: class.name.clone(),
                track: Track::TroisiemeGenerale,
            };
            work.handle::<Class>(&class.id, create).await?;
        }
        for student in &school.students {
            let class = school.classes[student.class].id;
            let register = StudentCommand::Register {
                establishment: school.uai.clone(),
                school_year: year,
            };
            let place = StudentCommand::Place {
                class,
                expected: None,
            };
            for command in [register, place] {
                work.handle::<Student>(&student.id, command)
                    .await
                    .map_err(|_| commands::Refusal::StudentNotFound)?;
            }
            let admit = ClassCommand::Admit {
                student: student.id,
                from: None,
            };
            work.handle::<Class>(&class, admit).await?;
        }
        Ok(())
    }
}
