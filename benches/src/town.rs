//! A town of registered schools, three times over: for us, for the floor and for the peer.

use std::sync::Arc;

use acceptance::{engine::Engine, postgres::Cluster, world::fictitious_uai};
use commands::{By, Commands};
use domain::{
    ids::{ClassId, CorrelationId, PersonId, StudentId},
    values::{ClassName, Uai},
};
use sqlx::{Connection as _, PgConnection, PgPool};
use store::{Store, SystemClock};

use crate::{
    contender::{School, TownClass, TownStudent},
    country::{self, Founding},
    floor::{self, Floor},
    peer,
};

/// Schools in the town: as many as there are collèges in REP and REP+, so that a class keeps the few
/// dozen events of a real one, however long the run.
const SCHOOLS: u32 = 1_092;
const CLASSES: usize = 4;
const STUDENTS_PER_CLASS: usize = 28;

/// The databases of one engine.
pub(crate) struct Places {
    pub(crate) engine: Engine,
    pub(crate) ours: Commands,
    pub(crate) floor: Floor,
    /// Stock tables, on PostgreSQL.
    pub(crate) peer: Option<PgPool>,
    /// The same in all of them.
    pub(crate) schools: Vec<School>,
    _folder: tempfile::TempDir,
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
        let schools = fill(&Commands::new(
            store.clone(),
            Arc::new(SystemClock),
            Vec::new(),
        ))
        .await?;
        store.close().await;
        let (floor, peer) = match engine {
            Engine::Postgres => copies_on_postgres(&ours_url).await?,
            Engine::Sqlite => {
                std::fs::copy(path("ours.db"), path("floor.db"))?;
                let url = format!("sqlite://{}", path("floor.db"));
                (Floor::Sqlite(floor::sqlite(&url).await?), None)
            }
        };
        let store = Store::connect(&ours_url, projections::all()).await?;
        Ok(Self {
            engine,
            ours: Commands::new(store, Arc::new(SystemClock), Vec::new()),
            floor,
            peer,
            schools,
            _folder: folder,
        })
    }
}

async fn copies_on_postgres(ours: &str) -> anyhow::Result<(Floor, Option<PgPool>)> {
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
    let pool = floor::postgres(&ours.replace("/ours?", "/peer?")).await?;
    peer::create_tables(&pool).await?;
    let floor = floor::postgres(&ours.replace("/ours?", "/floor?")).await?;
    Ok((Floor::Postgres(floor), Some(pool)))
}

async fn fill(commands: &Commands) -> anyhow::Result<Vec<School>> {
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    let mut schools = Vec::new();
    for number in 0..SCHOOLS {
        let school = School::new(commands, fictitious_uai(number)?)?;
        commands
            .execute(&by, &Founding(&[school.to_found(commands)]))
            .await?;
        schools.push(school);
    }
    Ok(schools)
}

impl School {
    fn new(commands: &Commands, uai: Uai) -> anyhow::Result<Self> {
        let clock = commands.clock();
        let classes = (0..CLASSES)
            .map(|number| {
                Ok(TownClass {
                    id: ClassId::new(clock.new_uuid()),
                    name: ClassName::parse(&format!("3e {}", number + 1))?,
                    // Created, given to a main teacher, and joined.
                    sequence: 2 + i64::try_from(STUDENTS_PER_CLASS)?,
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

    /// The same, with what else it is founded with.
    fn to_found(&self, commands: &Commands) -> country::School {
        let new_uuid = || commands.clock().new_uuid();
        let students = self.students.iter();
        let class = |place: usize| self.classes[place].id;
        country::School {
            uai: self.uai.clone(),
            academy: "Démo".to_owned(),
            staff: (0..=CLASSES).map(|_| PersonId::new(new_uuid())).collect(),
            invitation: None,
            classes: self.classes.iter().map(|class| class.id).collect(),
            students: students
                .map(|student| (student.id, Some(class(student.class))))
                .collect(),
        }
    }
}
