//! The reset where PostgreSQL is slow to answer, or does not: the log is locked for its upkeep, the line is cut.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use acceptance::{
    audit,
    engine::Engine,
    on_postgres,
    scene::Scene,
    world::{Size, World},
};
use anyhow::{Context as _, bail, ensure};
use cli::reset::{EVENTS_AT_ONCE, Outcome};
use commands::{CommandError, Commands, Refusal};
use serde_json::json;
use store::{Store, SystemClock};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    time::{sleep, timeout},
};

use super::reset::{behind, open, outcomes};

on_postgres!(
    staff_do_not_wait_for_what_a_reset_waits_for,
    a_commit_without_an_answer_is_told_as_it_is,
);

/// How long anything here may take, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_mins(1);

/// What staff do while the log is locked.
const WRITES: u32 = 8;

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 2,
    without_class: 1,
};

/// PostgreSQL tidies up the log for minutes, or somebody gives it an index. A school that has to be opened alone
/// waits for that; but whoever works at any school meanwhile must not wait behind it.
async fn staff_do_not_wait_for_what_a_reset_waits_for(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let world = &scene.world;
    let there = world.school(SIZE).await?.uai;
    let damaged = world.school(SIZE).await?.uai;
    // So that those that are opened together with it are opened alone.
    world.damage(&damaged).await?;
    let year = world.next_school_year()?.year();
    let mut asked = behind(&world.commands, year).await?;
    asked.retain(|it| it.uai != scene.school.uai);

    let mut upkeep = world.store().begin().await?;
    let lock = "LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE";
    store::execute!(&mut upkeep.conn(), lock)?;
    let staff = async {
        wait_until_one_waits(world).await?;
        for number in 0..WRITES {
            let class = json!({ "name": format!("6e {number}"), "track": "troisieme_generale" });
            let created = scene
                .head
                .post(&scene.school.path("/classes"), class)
                .await?;
            created.expect(201)?;
        }
        anyhow::Ok(upkeep.commit().await?)
    };
    let reset = outcomes(&world.commands, year, &asked, EVENTS_AT_ONCE);
    let (worked, told) = tokio::join!(timeout(LIMIT, staff), timeout(LIMIT, reset));
    worked.context("staff wait")??;
    let told = told.context("the reset waits for ever")??;
    let came_through = match &told[&there] {
        Outcome::Opened(_) => true,
        // Staff took their time.
        Outcome::Failed(CommandError::Refused(Refusal::Busy)) => false,
        other => bail!("{other:?}"),
    };
    asked.retain(|it| it.uai == there);
    let opened = open(&world.commands, year, &asked).await?;
    ensure!(opened.is_empty() == came_through, "{opened:?}");
    Ok(())
}

/// Until somebody wants the log for itself, and does not get it.
async fn wait_until_one_waits(world: &World) -> anyhow::Result<()> {
    const WAITING: &str = "SELECT COUNT(*) FROM pg_locks \
                           WHERE relation = 'events'::regclass AND mode = 'ExclusiveLock' \
                             AND NOT granted \
                             AND database = (SELECT oid FROM pg_database \
                                             WHERE datname = current_database())";
    while world.count(WAITING).await? == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// When the line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// PostgreSQL hears of the commit, and nobody hears its answer.
    AfterCommit,
    /// PostgreSQL never hears of it.
    BeforeCommit,
}

/// The network fails at the one moment at which nobody knows what was done. What was done must not be told as
/// left, and what nobody knows must be told as that.
async fn a_commit_without_an_answer_is_told_as_it_is(engine: Engine) -> anyhow::Result<()> {
    for cut in [Cut::AfterCommit, Cut::BeforeCommit] {
        let world = World::new(engine).await?;
        for _ in 0..2 {
            world.school(SIZE).await?;
        }
        let year = world.next_school_year()?.year();
        let asked = behind(&world.commands, year).await?;
        let line = Line::new(&world.database.url, cut)?;
        let store = Store::connect(&line.url, projections::all()).await?;
        let commands = Commands::new(store, Arc::new(SystemClock), Vec::new());
        line.armed.store(true, Ordering::Relaxed);
        let told = outcomes(&commands, year, &asked, EVENTS_AT_ONCE);
        let told = timeout(LIMIT, told).await.context("it waits for ever")??;
        ensure!(!line.armed.load(Ordering::Relaxed), "the line was not cut");
        for it in &asked {
            let as_it_is = match (&told[&it.uai], cut) {
                (Outcome::Opened(opened), Cut::AfterCommit) => {
                    (opened.classes, opened.students) == (it.classes, it.students)
                }
                (Outcome::Unknown, Cut::BeforeCommit) => true,
                _ => false,
            };
            ensure!(as_it_is, "{cut:?}: {told:#?}");
        }
        let left = match cut {
            Cut::AfterCommit => 0,
            Cut::BeforeCommit => asked.len(),
        };
        ensure!(open(&world.commands, year, &asked).await?.len() == left);
        audit::everything(world.store()).await?;
        commands.store().close().await;
    }
    Ok(())
}

/// A line to PostgreSQL, which is cut once.
struct Line {
    url: String,
    /// Whether it is still to be cut.
    armed: Arc<AtomicBool>,
    _folder: TempDir,
}

impl Line {
    /// To the server in this address, through a socket of its own.
    fn new(url: &str, cut: Cut) -> anyhow::Result<Self> {
        const SOCKET: &str = ".s.PGSQL.5432";
        let (_, host) = url.split_once("host=").context("no socket")?;
        let host = host.split('&').next().unwrap_or_default();
        let folder = TempDir::with_prefix("monstage-line-")?;
        let listener = UnixListener::bind(folder.path().join(SOCKET))?;
        let armed = Arc::new(AtomicBool::new(false));
        let server = PathBuf::from(host).join(SOCKET);
        tokio::spawn(accept(listener, server, cut, Arc::clone(&armed)));
        Ok(Self {
            url: url.replace(host, &folder.path().display().to_string()),
            armed,
            _folder: folder,
        })
    }
}

async fn accept(listener: UnixListener, server: PathBuf, cut: Cut, armed: Arc<AtomicBool>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = UnixStream::connect(&server).await else {
            return;
        };
        let armed = Arc::clone(&armed);
        tokio::spawn(async move {
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let silent = AtomicBool::new(false);
            // Whichever ends first ends both.
            tokio::select! {
                _ = up(from_client, to_server, cut, &armed, &silent) => {}
                _ = down(from_server, to_client, &silent) => {}
            }
        });
    }
}

/// Up to the first commit once the line is armed.
async fn up(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    cut: Cut,
    armed: &AtomicBool,
    silent: &AtomicBool,
) -> std::io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        let read = from.read(&mut buffer).await?;
        let sent = &buffer[..read];
        let is_commit = sent.windows(6).any(|window| window == b"COMMIT");
        if is_commit && armed.swap(false, Ordering::Relaxed) {
            silent.store(true, Ordering::Relaxed);
            if cut == Cut::BeforeCommit {
                return Ok(());
            }
        }
        if read == 0 {
            return Ok(());
        }
        to.write_all(sent).await?;
    }
}

/// Up to the first answer that is not to arrive.
async fn down(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    silent: &AtomicBool,
) -> std::io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 || silent.load(Ordering::Relaxed) {
            return Ok(());
        }
        to.write_all(&buffer[..read]).await?;
    }
}
