//! The reset, interrupted at any moment and by whatever interrupts: each school is in the old year or in
//! the new one, the next run goes on, and in the end it is as if nothing had happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use acceptance::{
    binary::monstage,
    chance::part,
    disk::Disk,
    engine::{Engine, TestDatabase},
    on_both_engines,
    postgres::{Cluster, Durability},
    world::{Size, World},
};
use anyhow::{Context as _, bail, ensure};
use domain::values::{SchoolYear, StaffRole};
use projections::last_year::{self, Behind};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::Store;
use tempfile::TempDir;
use tokio::time::sleep;

use super::crash::settled;

on_both_engines!(interrupted_at_any_moment_it_ends_as_if_it_had_not_been);

/// How often a run is interrupted, on each engine.
const INTERRUPTIONS: u32 = 50;

/// How often in a row, at most, before one is let through.
const IN_A_ROW: usize = 6;

/// Two of them go into one transaction, so that a run has several.
const SCHOOLS: u32 = 12;
const PUPILS_WITHOUT_CLASS: usize = 1_000;

/// Room for the database several times over, and no more: it takes time to fill it. PostgreSQL has files of its
/// own.
const DISK: u32 = 96;
const POSTGRES_DISK: u32 = 384;

/// What copies are made of, on SQLite.
const BASE: &str = "base.db";

/// How long a run may take to end once it cannot go on.
const LIMIT: Duration = Duration::from_mins(1);

/// Something that happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Interruption {
    /// `kill -9`.
    Killed,
    /// SIGTERM, as a service manager or a shutdown sends it.
    Terminated,
    /// The disk of the database is full.
    DiskFull,
    /// PostgreSQL goes down and comes back.
    DatabaseRestarted,
}

/// Of an event: the school, its stream's type and id, its number there, its own type and version, and
/// what it says.
type Row = (String, String, String, i64, String, String, String);

/// What a reset appends, by school, in the order of streams and numbers.
type Appended = BTreeMap<String, Vec<Row>>;

/// A database to begin from, and copies of it on a small disk.
struct Place {
    on: On,
    base: TestDatabase,
    /// The last event it holds.
    head: i64,
    /// Its schools.
    behind: Vec<Behind>,
    year: SchoolYear,
    /// Where runs print their reports.
    printed: TempDir,
}

/// A run that is over.
struct Ended {
    status: ExitStatus,
    /// What it printed, if it was not killed.
    report: Option<Value>,
}

enum On {
    Sqlite(Disk),
    Postgres(Cluster),
}

/// The operator's machine crashes, the database is upgraded in the wrong hour, a disk fills up. Staff must
/// never find half of a school in the new year, and nobody should have to think before running the same
/// command again.
async fn interrupted_at_any_moment_it_ends_as_if_it_had_not_been(
    engine: Engine,
) -> anyhow::Result<()> {
    let mut place = Place::new(engine).await?;
    let first = place.uninterrupted(0).await?;
    let (expected, took) = place.uninterrupted(1).await?;
    ensure!(expected.len() == SCHOOLS as usize && expected == first.0);

    let mut interrupted = BTreeMap::new();
    let mut kinds = kinds_of(engine).iter().cycle();
    let mut half_way = 0;
    for copy in 2.. {
        let url = place.copy(copy).await?;
        let (mut before, mut left) = (BTreeSet::new(), SCHOOLS);
        for &kind in kinds.by_ref().take(IN_A_ROW) {
            // What is left takes less time.
            let moment = part();
            let delay = took.mul_f64(moment) * left / SCHOOLS;
            let context = || format!("{kind:?} after {delay:?} of {took:?}, in copy {copy}");
            let ended = place
                .interrupt(kind, &url, delay)
                .await
                .with_context(context)?;
            let opened = place.check(&url, &expected).await.with_context(context)?;
            told_as_it_is(&ended, &before, &opened).with_context(context)?;
            if ended.status.success() {
                break;
            }
            left = SCHOOLS - u32::try_from(opened.len())?;
            half_way += u32::from(!opened.is_empty() && left > 0);
            before = opened;
            *interrupted.entry(kind).or_insert(0) += 1;
        }
        let ended = place.reset(&url)?.wait()?;
        ensure!(ended.success(), "{ended}");
        ensure!(place.check(&url, &expected).await?.len() == SCHOOLS as usize);
        place.verify(&url)?;
        if interrupted.values().sum::<u32>() >= INTERRUPTIONS {
            break;
        }
    }
    ensure!(
        half_way > INTERRUPTIONS / 5 && interrupted.len() == kinds_of(engine).len(),
        "hardly any hits a run half-way: {half_way} of {interrupted:?}, in {took:?}"
    );
    Ok(())
}

fn kinds_of(engine: Engine) -> &'static [Interruption] {
    use Interruption::{DatabaseRestarted, DiskFull, Killed, Terminated};
    match engine {
        Engine::Sqlite => &[Killed, DiskFull, Terminated],
        Engine::Postgres => &[Killed, DatabaseRestarted, DiskFull, Terminated],
    }
}

impl Place {
    async fn new(engine: Engine) -> anyhow::Result<Self> {
        let (on, base) = match engine {
            Engine::Sqlite => (
                On::Sqlite(Disk::new(DISK)?),
                TestDatabase::new(engine).await?,
            ),
            Engine::Postgres => {
                let disk = Disk::new(POSTGRES_DISK)?;
                let cluster = Cluster::start_on(disk, Durability::Durable)?;
                let url = cluster.database("base").await?;
                (On::Postgres(cluster), TestDatabase::at(url)?)
            }
        };
        let world = World::on(base).await?;
        let size = Size {
            classes: 2,
            students_per_class: 2,
            without_class: 1,
        };
        for number in 0..SCHOOLS {
            let uai = world.school(size).await?.uai;
            world.crowd(&uai, PUPILS_WITHOUT_CLASS).await?;
            let email = format!("invitee.{number}@ac-demo.test");
            let _ = world
                .invited(StaffRole::Teacher, None, &uai, &email)
                .await?;
        }
        let year = world.next_school_year()?;
        let (head, behind) = (
            world.store().head().await?,
            behind(world.store(), year).await?,
        );
        let base = world.leave().await;
        if engine == Engine::Sqlite {
            // In one file, whatever there still was in the write-ahead log.
            let mut connection = SqliteConnection::connect(&base.url).await?;
            let path = base.folder.path().join(BASE);
            let vacuum = format!("VACUUM INTO '{}'", path.display());
            sqlx::raw_sql(&vacuum).execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok(Self {
            on,
            base,
            head,
            behind,
            year,
            printed: TempDir::with_prefix("monstage-printed-")?,
        })
    }

    /// Makes a copy of the base, the only one there is then, and gives its address.
    async fn copy(&self, number: u32) -> anyhow::Result<String> {
        match &self.on {
            On::Sqlite(disk) => {
                let folder = disk.from_outside();
                // What the last run on the copy before it left there belongs to that one.
                for file in ["copy.db-wal", "copy.db-shm"].map(|name| folder.join(name)) {
                    if file.exists() {
                        fs::remove_file(file)?;
                    }
                }
                let from = self.base.folder.path().join(BASE);
                fs::copy(from, folder.join("copy.db"))?;
                Ok(format!("sqlite://{}/copy.db", disk.path().display()))
            }
            On::Postgres(_) => {
                let mut connection =
                    PgConnection::connect(&self.base.url.replace("/base?", "/postgres?")).await?;
                let before = number.saturating_sub(1);
                // The checkpoint frees what the log of the copies takes of the disk.
                for sql in [
                    &format!("DROP DATABASE IF EXISTS copy_{before} WITH (FORCE)"),
                    "CHECKPOINT",
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'base'",
                    &format!("CREATE DATABASE copy_{number} TEMPLATE base"),
                ] {
                    sqlx::raw_sql(sql).execute(&mut connection).await?;
                }
                connection.close().await?;
                Ok(self.base.url.replace("/base?", &format!("/copy_{number}?")))
            }
        }
    }

    fn command(&self, url: &str, args: &[&str]) -> anyhow::Result<Command> {
        let mut command = match &self.on {
            On::Sqlite(disk) => disk.command(monstage()?),
            On::Postgres(_) => Command::new(monstage()?),
        };
        command.args(args).env("DATABASE_URL", url);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command)
    }

    /// Begins a run.
    fn reset(&self, url: &str) -> anyhow::Result<Child> {
        let year = self.year.year().to_string();
        let args = ["reset", "--school-year", &year, "--yes", "--json"];
        let printed = File::create(self.report())?;
        Ok(self.command(url, &args)?.stdout(printed).spawn()?)
    }

    /// The file of what the last run printed.
    fn report(&self) -> PathBuf {
        self.printed.path().join("report.json")
    }

    /// What a whole run appends to a new copy, and how long it takes.
    async fn uninterrupted(&self, copy: u32) -> anyhow::Result<(Appended, Duration)> {
        let url = self.copy(copy).await?;
        let started = Instant::now();
        let ended = self.reset(&url)?.wait()?;
        let took = started.elapsed();
        ensure!(ended.success(), "{ended}");
        let (store, _folder) = self.look(&url).await?;
        let appended = self.appended(&store).await?;
        store.close().await;
        Ok((appended, took))
    }

    /// Begins a run, and interrupts it after a while.
    async fn interrupt(
        &mut self,
        kind: Interruption,
        url: &str,
        delay: Duration,
    ) -> anyhow::Result<Ended> {
        let mut run = self.reset(url)?;
        sleep(delay).await;
        match kind {
            Interruption::Killed => run.kill()?,
            Interruption::Terminated => kill_process(Pid::from_child(&run), Signal::TERM)?,
            Interruption::DiskFull => self.disk()?.fill()?,
            Interruption::DatabaseRestarted => self.cluster()?.restart()?,
        }
        // With nowhere left to write, PostgreSQL may go down before the run notices.
        let full = kind == Interruption::DiskFull;
        let mut ended = end(&mut run, || full && !self.is_there()).await?;
        if full {
            self.disk()?.empty()?;
            if !self.is_there() {
                self.cluster()?.restart()?;
            }
        }
        if ended.is_none() {
            ended = end(&mut run, || false).await?;
        }
        let status = ended.context("a run that ended")?;
        let ended = match (status.code(), status.signal()) {
            (Some(0 | 3), _) => true,
            (Some(1), _) | (None, Some(9 | 15)) => false,
            _ => bail!("{kind:?} after {delay:?}: {status}"),
        };
        let printed = fs::read_to_string(self.report())?;
        let report = ended.then(|| serde_json::from_str(&printed)).transpose();
        let report = report.with_context(|| format!("{status}: {printed}"))?;
        Ok(Ended { status, report })
    }

    fn disk(&self) -> anyhow::Result<&Disk> {
        match &self.on {
            On::Sqlite(disk) => Ok(disk),
            On::Postgres(cluster) => cluster.disk().context("a cluster on a disk"),
        }
    }

    /// Whether the database's server is there, if it has one.
    fn is_there(&self) -> bool {
        match &self.on {
            On::Sqlite(_) => true,
            On::Postgres(cluster) => cluster.is_running(),
        }
    }

    fn cluster(&mut self) -> anyhow::Result<&mut Cluster> {
        match &mut self.on {
            On::Sqlite(_) => bail!("SQLite has no server"),
            On::Postgres(cluster) => Ok(cluster),
        }
    }

    /// A store to look at a copy with, and what it is in: a place of its own, since what looked before may still
    /// be letting go of its files.
    async fn look(&self, url: &str) -> anyhow::Result<(Store, TempDir)> {
        let folder = TempDir::with_prefix("monstage-seen-")?;
        let url = match &self.on {
            On::Postgres(_) => {
                settled(Engine::Postgres, url).await?;
                url.to_owned()
            }
            On::Sqlite(disk) => {
                for file in ["copy.db", "copy.db-wal"] {
                    let from = disk.from_outside().join(file);
                    if from.exists() {
                        fs::copy(from, folder.path().join(file))?;
                    }
                }
                format!("sqlite://{}/copy.db", folder.path().display())
            }
        };
        Ok((Store::connect(&url, projections::all()).await?, folder))
    }

    /// What was appended to a copy.
    async fn appended(&self, store: &Store) -> anyhow::Result<Appended> {
        let mut reader = store.reader().await?;
        let sql = "SELECT establishment, aggregate_type, aggregate_id, sequence, event_type, \
                          event_version, CAST(payload AS text) \
                   FROM events WHERE position > $1 \
                   ORDER BY aggregate_type, aggregate_id, sequence";
        let rows = store::fetch_all!(&mut reader.conn(), Row, sql, self.head)?;
        let mut appended = Appended::new();
        for row in rows {
            appended.entry(row.0.clone()).or_default().push(row);
        }
        Ok(appended)
    }

    /// The schools that a copy has in the new year: each with all that was expected there, and nothing of
    /// the old one. The others are as they were.
    async fn check(&self, url: &str, expected: &Appended) -> anyhow::Result<BTreeSet<String>> {
        let (store, _folder) = self.look(url).await?;
        let opened = self.appended(&store).await?;
        let left = behind(&store, self.year).await?;
        store.close().await;
        for (uai, events) in &opened {
            let whole = expected.get(uai) == Some(events);
            ensure!(whole, "{uai} is in between, with {} events", events.len());
        }
        let before = self.behind.iter();
        let before = before.filter(|it| !opened.contains_key(it.uai.as_str()));
        ensure!(left.iter().eq(before), "{left:#?}");
        Ok(opened.into_keys().collect())
    }

    /// `monstage audit verify` finds nothing.
    fn verify(&self, url: &str) -> anyhow::Result<()> {
        let mut verify = self.command(url, &["audit", "verify"])?;
        let output = verify
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(())
    }
}

async fn behind(store: &Store, year: SchoolYear) -> anyhow::Result<Vec<Behind>> {
    let mut reader = store.reader().await?;
    Ok(last_year::behind(&mut reader.conn(), year).await?)
}

/// What a run reports of each school is so: opened are those that it opened, and others at most where it says that
/// it does not know.
fn told_as_it_is(
    ended: &Ended,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let opened: BTreeSet<&str> = after.difference(before).map(String::as_str).collect();
    let Some(report) = &ended.report else {
        // It failed before it did anything, or was killed.
        ensure!(opened.is_empty() || ended.status.code().is_none());
        return Ok(());
    };
    let lines = report["establishments"].as_array().context("a list")?;
    let told = |outcome: &str| -> BTreeSet<&str> {
        let lines = lines.iter().filter(|line| line["outcome"] == outcome);
        lines.filter_map(|line| line["uai"].as_str()).collect()
    };
    let (sure, unknown) = (told("opened"), told("unknown"));
    ensure!(
        opened.is_superset(&sure) && opened.difference(&sure).all(|it| unknown.contains(it)),
        "opened were {opened:?}, and told was {report:#}"
    );
    let left = report["left"].as_u64().context("how many are left")?;
    ensure!((left == 0) == ended.status.success(), "{report:#}");
    Ok(())
}

/// Waits until a run ends, as it must; or until something else is over.
async fn end(run: &mut Child, over: impl Fn() -> bool) -> anyhow::Result<Option<ExitStatus>> {
    let started = Instant::now();
    while !over() {
        if let Some(ended) = run.try_wait()? {
            return Ok(Some(ended));
        }
        if started.elapsed() > LIMIT {
            run.kill()?;
            bail!("it goes on for ever");
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(None)
}
