//! The yearly reset of a country: beside bulk SQL and beside stock cqrs-es, what it takes of the memory,
//! what its rehearsal takes of the time, and how long those who read meanwhile wait.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use acceptance::{
    binary::monstage,
    engine::{Engine, TestDatabase},
    postgres::Cluster,
    server::Server,
    world::{self, World},
};
use anyhow::{Context as _, ensure};
use domain::values::SchoolYear;
use sqlx::{Connection as _, PgConnection};
use store::{Clock as _, Store, SystemClock};
use tokio::time::sleep;

use crate::{
    bulk,
    client::Target,
    country::{Country, School, YEAR},
    measure::{middle, milliseconds, p99, peak_memory, rate},
    peer::Peer,
    reads::{READING, reads_during},
    report::{Figure, Report, name},
};

/// Collèges in REP and REP+, and all of them; and what the figures are called.
const SIZES: [Size; 2] = [
    Size {
        schools: 1_092,
        reset: "reset, 1,092 schools",
        rehearsal: "dry run, 1,092 schools",
        memory: "memory, 1,092 schools",
        reads: "reads beside, 1,092",
    },
    Size {
        schools: 7_666,
        reset: "reset, 7,666 schools",
        rehearsal: "dry run, 7,666 schools",
        memory: "memory, 7,666 schools",
        reads: "reads beside, 7,666",
    },
];

/// How often each contender has its turn.
const RUNS: usize = 3;

/// Schools that the stock path has the time for.
const PEER_SCHOOLS: usize = 8;

/// Pupils of the class that is read meanwhile.
const STUDENTS: usize = 30;

/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// How large a country is.
struct Size {
    schools: usize,
    reset: &'static str,
    rehearsal: &'static str,
    memory: &'static str,
    reads: &'static str,
}

/// A country, and as many copies of it as are asked for.
struct Place {
    engine: Engine,
    folder: tempfile::TempDir,
    schools: Vec<School>,
    /// Of the country itself.
    url: String,
    size: &'static Size,
}

/// A run of the program.
struct Run {
    took: Duration,
    /// The most that it took of the memory, in MiB.
    memory: f64,
}

/// Measures everything on one engine.
pub(crate) async fn run(
    engine: Engine,
    cluster: &Cluster,
    report: &mut Report,
) -> anyhow::Result<()> {
    for (number, size) in SIZES.iter().enumerate() {
        let place = Place::prepare(engine, cluster, size).await?;
        // The stock path is on PostgreSQL, and as slow in a larger country.
        let peer = match engine {
            Engine::Postgres if number == 0 => Some(place.stock().await?),
            _ => None,
        };
        place.alone(peer, report).await?;
        place.beside_readers(report).await?;
        place.drop("country").await?;
    }
    Ok(())
}

/// The year to open: the one after the country's, or the one under way where the country is out of date.
fn year() -> anyhow::Result<i32> {
    let running = SchoolYear::containing(SystemClock.now().date_naive())?;
    Ok(running.year().max(YEAR + 1))
}

impl Place {
    async fn prepare(
        engine: Engine,
        cluster: &Cluster,
        size: &'static Size,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("monstage-bench-")
            .tempdir()?;
        let url = match engine {
            Engine::Postgres => cluster.database("country").await?,
            Engine::Sqlite => sqlite(folder.path(), "country"),
        };
        let store = Store::connect(&url, projections::all()).await?;
        store.migrate().await?;
        let mut country = Country::new(store.clone());
        country.found(size.schools).await?;
        country.live_a_year().await?;
        let schools = country.schools;
        // Closing leaves open what comes back to the pool meanwhile; that ends with the pool.
        store.close().await;
        if engine == Engine::Postgres {
            let mut connection = PgConnection::connect(&url).await?;
            let vacuum = sqlx::raw_sql("VACUUM ANALYZE");
            vacuum.execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok(Self {
            engine,
            folder,
            schools,
            url,
            size,
        })
    }

    /// A copy of the country with this name.
    async fn copy(&self, name: &str) -> anyhow::Result<String> {
        match self.engine {
            Engine::Sqlite => {
                let path = |name: &str| self.folder.path().join(format!("{name}.db"));
                std::fs::copy(path("country"), path(name))?;
                Ok(sqlite(self.folder.path(), name))
            }
            Engine::Postgres => {
                // A database is copied only when nobody is in it, autovacuum included.
                self.administer(&[
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'country'",
                    &format!("CREATE DATABASE {name} TEMPLATE country"),
                    "CHECKPOINT",
                ])
                .await?;
                Ok(self.url.replace("/country?", &format!("/{name}?")))
            }
        }
    }

    /// Removes a copy, or the country.
    async fn drop(&self, name: &str) -> anyhow::Result<()> {
        match self.engine {
            Engine::Sqlite => {
                for end in ["", "-wal", "-shm"] {
                    let path = self.folder.path().join(format!("{name}.db{end}"));
                    if path.exists() {
                        std::fs::remove_file(path)?;
                    }
                }
                Ok(())
            }
            Engine::Postgres => {
                self.administer(&[&format!("DROP DATABASE {name} WITH (FORCE)")])
                    .await
            }
        }
    }

    async fn administer(&self, statements: &[&str]) -> anyhow::Result<()> {
        let postgres = self.url.replace("/country?", "/postgres?");
        let mut connection = PgConnection::connect(&postgres).await?;
        for sql in statements {
            sqlx::raw_sql(sql).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// The program and bulk SQL in turns.
    async fn alone(&self, peer: Option<f64>, report: &mut Report) -> anyhow::Result<()> {
        let year = year()?;
        let (mut rates, mut rehearsals, mut memory) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..RUNS {
            let url = self.copy("floor").await?;
            let store = Store::connect(&url, projections::all()).await?;
            bulk::prepare(&store).await?;
            let started = Instant::now();
            bulk::reset(self.engine, &store, year, SystemClock.now()).await?;
            let floor = started.elapsed();
            let expected = bulk::outcome(&store, year).await?;
            store.close().await;
            self.drop("floor").await?;

            let url = self.copy("ours").await?;
            let rehearsal = monstage_reset(&url, year, "--dry-run").await?;
            let ours = monstage_reset(&url, year, "--yes").await?;
            let store = Store::connect(&url, projections::all()).await?;
            let outcome = bulk::outcome(&store, year).await?;
            ensure!(outcome == expected, "{outcome:?}, not {expected:?}");
            store.close().await;
            self.drop("ours").await?;
            let events = usize::try_from(expected.0)?;
            rates.push((rate(events, ours.took), rate(events, floor)));
            rehearsals.push((milliseconds(rehearsal.took), milliseconds(ours.took)));
            memory = memory.max(ours.memory);
        }
        let (ours, floor) = middle(rates);
        self.add(report, self.size.reset, "events/s", ours, floor, peer);
        let (rehearsal, run) = middle(rehearsals);
        self.add(report, self.size.rehearsal, "ms", rehearsal, run, None);
        self.add(report, self.size.memory, "MiB", memory, 200.0, None);
        Ok(())
    }

    /// Staff of a school that is in the new year already read a class list all along.
    async fn beside_readers(&self, report: &mut Report) -> anyhow::Result<()> {
        let mut turns = Vec::new();
        for _ in 0..RUNS {
            let url = self.copy("ours").await?;
            let world = World::on(TestDatabase::at(url.clone())?).await?;
            let size = world::Size {
                classes: 1,
                students_per_class: STUDENTS,
                without_class: 0,
            };
            let school = world
                .school_in(size, SchoolYear::starting(year()?)?)
                .await?;
            let token = world.session(&school.staff[0]).await?;
            let server = Server::start(&url)?;
            let path = format!("/api/v1/classes/{}/students", school.class(0));
            let target = Target::get(&server.address, &path, &token)?;
            let quiet = async {
                sleep(READING).await;
                Ok(())
            };
            let quiet = reads_during(&target, quiet).await?;
            let reset = async { monstage_reset(&url, year()?, "--yes").await.map(drop) };
            let beside = reads_during(&target, reset).await?;
            turns.push((p99(beside), p99(quiet)));
            drop(server);
            world.leave().await;
            self.drop("ours").await?;
        }
        let (beside, quiet) = middle(turns);
        self.add(report, self.size.reads, "ms (p99)", beside, quiet, None);
        Ok(())
    }

    /// Events per second of one command of one aggregate after the other, for some schools.
    async fn stock(&self) -> anyhow::Result<f64> {
        let url = self.copy("peer").await?;
        let pool = crate::floor::postgres(&url).await?;
        crate::peer::create_tables(&pool).await?;
        let peer = Peer::new(pool.clone());
        let started = Instant::now();
        let mut count = 0;
        for school in self.schools.iter().take(PEER_SCHOOLS) {
            count += peer.reset(school, SchoolYear::starting(year()?)?).await?;
        }
        let rate = rate(count, started.elapsed());
        pool.close().await;
        self.drop("peer").await?;
        Ok(rate)
    }

    fn add(
        &self,
        report: &mut Report,
        case: &'static str,
        unit: &'static str,
        ours: f64,
        floor: f64,
        peer: Option<f64>,
    ) {
        report.add(Figure {
            case,
            engine: name(self.engine),
            clients: 1,
            unit,
            ours,
            floor,
            peer,
        });
    }
}

fn sqlite(folder: &Path, name: &str) -> String {
    format!("sqlite://{}", folder.join(format!("{name}.db")).display())
}

/// Runs the program as an operator does.
async fn monstage_reset(url: &str, year: i32, how: &str) -> anyhow::Result<Run> {
    let started = Instant::now();
    let mut child = Command::new(monstage()?)
        .args(["reset", "--school-year", &year.to_string(), how, "--json"])
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut memory = 0.0;
    let ended = loop {
        memory = peak_memory(child.id()).unwrap_or(memory);
        if let Some(ended) = child.try_wait().context("waiting for it")? {
            break ended;
        }
        sleep(LOOK).await;
    };
    ensure!(ended.success(), "it failed: {ended}");
    Ok(Run {
        took: started.elapsed(),
        memory,
    })
}
