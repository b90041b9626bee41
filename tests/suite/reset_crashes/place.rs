//! Where a reset is interrupted: copies of one country, on a disk and a server of their own.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use acceptance::{
    binary::monstage,
    disk::Disk,
    engine::{Engine, TestDatabase},
    postgres::{Cluster, Durability},
    world::{Size, World},
};
use anyhow::{Context as _, bail, ensure};
use domain::values::{SchoolYear, StaffRole};
use projections::last_year::Behind;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::Store;
use tempfile::TempDir;
use tokio::time::sleep;

use super::{Appended, Ended, Interruption, behind, end};
use crate::crash::settled;

/// Two of them go into one transaction, so that a run has several.
pub(super) const SCHOOLS: u32 = 12;
const PUPILS_WITHOUT_CLASS: usize = 1_000;

/// Room for the database several times over, and no more: it takes time to fill it. PostgreSQL has files of its
/// own.
const DISK: u32 = 96;
const POSTGRES_DISK: u32 = 384;

/// What copies are made of, on SQLite.
const BASE: &str = "base.db";

/// Of an event: the school, its stream's type and id, its number there, its own type and version, and
/// what it says.
pub(super) type Row = (String, String, String, i64, String, String, String);

/// A database to begin from, and copies of it on a small disk.
pub(super) struct Place {
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

enum On {
    Sqlite(Disk),
    Postgres(Cluster),
}

impl Place {
    pub(super) async fn new(engine: Engine) -> anyhow::Result<Self> {
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
    pub(super) async fn copy(&self, number: u32) -> anyhow::Result<String> {
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
    pub(super) fn reset(&self, url: &str) -> anyhow::Result<Child> {
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
    pub(super) async fn uninterrupted(&self, copy: u32) -> anyhow::Result<(Appended, Duration)> {
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
    pub(super) async fn interrupt(
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
    pub(super) async fn check(
        &self,
        url: &str,
        expected: &Appended,
    ) -> anyhow::Result<BTreeSet<String>> {
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
    pub(super) fn verify(&self, url: &str) -> anyhow::Result<()> {
        let mut verify = self.command(url, &["audit", "verify"])?;
        let output = verify
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(())
    }
}
