//! What the audit does on a large log: rebuilding the read models, verifying them, asking what was.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use acceptance::{
    binary::monstage, command_line, engine::Engine, postgres::Cluster, server::Server,
    world::PASSWORD,
};
use anyhow::ensure;
use chrono::{DateTime, Utc};
use cli::sealer::SEAL_SIZE;
use projections::{rebuild::rebuild, verify::verify};
use serde_json::{Value, json};
use store::{Checkpoint, Clock as _, Conn, Store, SystemClock, execute, fetch_all};

use crate::{
    client::Target,
    country::{Country, School},
    measure::{median, milliseconds, p99, peak_memory, rate},
    report::{Figure, Report, name},
};

const MILLION: i64 = 1_000_000;

/// Collèges in France, about.
const SCHOOLS: usize = 7_700;

/// Questions of each kind.
const QUESTIONS: usize = 200;

/// How long writes are watched while nothing else goes on.
const QUIET: Duration = Duration::from_secs(5);

/// The administrator's address.
const EMAIL: &str = "administration@ac-demo.test";

/// Runs of what takes seconds.
const RUNS: usize = 3;

/// Measures everything on one engine.
pub(crate) async fn run(
    engine: Engine,
    cluster: &Cluster,
    report: &mut Report,
) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("monstage-bench-")
        .tempdir()?;
    let url = match engine {
        Engine::Postgres => cluster.database("country").await?,
        Engine::Sqlite => format!("sqlite://{}", folder.path().join("country.db").display()),
    };
    let store = Store::connect(&url, projections::all()).await?;
    store.migrate().await?;
    let mut country = Country::new(store.clone());
    country.found(2_000).await?;
    country.live(MILLION).await?;
    store.seal_all(SystemClock.now(), SEAL_SIZE).await?;
    replays(engine, &store, report).await?;
    let mut asked = Asked::new(&url)?;
    measure(engine, &mut asked, &mut country, "1 M", report).await?;
    country.found(SCHOOLS).await?;
    country.live(5 * MILLION).await?;
    analyze(&store).await?;
    measure(engine, &mut asked, &mut country, "5 M", report).await?;
    store.close().await;
    Ok(())
}

/// What is measured at each size of the log.
async fn measure(
    engine: Engine,
    asked: &mut Asked,
    country: &mut Country,
    size: &'static str,
    report: &mut Report,
) -> anyhow::Result<()> {
    beside_writes(engine, &asked.url, country, size, report).await?;
    asked.sign_in().await?;
    questions(engine, asked, country, size, report).await
}

/// A server, and an administrator who asks it.
struct Asked {
    url: String,
    server: Server,
    token: String,
}

impl Asked {
    fn new(url: &str) -> anyhow::Result<Self> {
        let password = [("MONSTAGE_ADMIN_PASSWORD", PASSWORD)];
        command_line::run_with(url, &["admin", "create", "--email", EMAIL], &password)?.ended(0)?;
        Ok(Self {
            url: url.to_owned(),
            server: Server::start(url)?,
            token: String::new(),
        })
    }

    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let credentials = json!({ "email": EMAIL, "password": PASSWORD });
        let client = self.server.client();
        let session = client.post("/api/v1/session", credentials).await?;
        self.token = session.expect(201)?.text_at("/token")?;
        Ok(())
    }

    /// How long the whole answer to a request takes, on a connection that is there already.
    async fn get(&self, path: &str) -> anyhow::Result<Duration> {
        let target = Target::get(&self.server.address, path, &self.token)?;
        let mut connection = target.connect().await?;
        let started = Instant::now();
        let answer = connection.ask().await?;
        let elapsed = started.elapsed();
        let body: Value = serde_json::from_slice(answer)?;
        let items = body["items"].as_array().map_or(0, Vec::len);
        ensure!(items > 0, "no history: {body}");
        Ok(elapsed)
    }
}

async fn replays(engine: Engine, store: &Store, report: &mut Report) -> anyhow::Result<()> {
    let (mut rebuilds, mut verifies, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let all: Vec<_> = store.projections().iter().map(AsRef::as_ref).collect();
    for _ in 0..RUNS {
        let started = Instant::now();
        reads.push(rate(read(store).await?, started.elapsed()));
        let started = Instant::now();
        let rebuilt = rebuild(store, &SystemClock, &all, |_| ()).await?;
        rebuilds.push(rate(usize::try_from(rebuilt.events)?, started.elapsed()));
        let started = Instant::now();
        let found = verify(store, None, |_| ()).await?;
        ensure!(found.is_sound(), "{found:?}");
        verifies.push(rate(usize::try_from(found.events)?, started.elapsed()));
    }
    let mut figure = |case, ours: f64, floor: f64| {
        report.add(Figure {
            case,
            engine: name(engine),
            clients: 1,
            unit: "events/s",
            ours,
            floor,
            peer: None,
        });
    };
    let (rebuilds, verifies, reads) = (median(rebuilds), median(verifies), median(reads));
    figure("rebuild, 1 M events", rebuilds, reads);
    figure("verify, 1 M events", verifies, rebuilds);
    Ok(())
}

/// The floor of a rebuild: reading and decoding the log, and nothing else.
async fn read(store: &Store) -> anyhow::Result<usize> {
    let mut checkpoint = Checkpoint::default();
    let mut count = 0;
    loop {
        let page = store.read_after(checkpoint, 4_096).await?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        checkpoint = last.checkpoint;
        count += page.len();
    }
}

/// What a rebuild by the program itself costs besides time: memory, and the patience of who writes
/// meanwhile. The worst of some runs.
async fn beside_writes(
    engine: Engine,
    url: &str,
    country: &mut Country,
    size: &str,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (mut quiet, mut beside, mut memory) = (0.0_f64, 0.0_f64, 0.0_f64);
    for _ in 0..RUNS {
        let alone = longest_write(country, |started| started.elapsed() < QUIET).await?;
        let (longest, peak) = one_rebuild(url, country).await?;
        quiet = quiet.max(alone);
        beside = beside.max(longest);
        memory = memory.max(peak);
    }
    let (write, room) = match size {
        "1 M" => ("longest write at rebuild", "memory of a rebuild"),
        _ => ("longest write, 5 M", "memory of a rebuild, 5 M"),
    };
    for (case, unit, ours, floor) in [(write, "ms", beside, quiet), (room, "MiB", memory, 200.0)] {
        report.add(Figure {
            case,
            engine: name(engine),
            clients: 1,
            unit,
            ours,
            floor,
            peer: None,
        });
    }
    Ok(())
}

/// The milliseconds that the longest write took meanwhile, and the memory.
async fn one_rebuild(url: &str, country: &mut Country) -> anyhow::Result<(f64, f64)> {
    let mut child = Command::new(monstage()?)
        .args(["projections", "rebuild", "--database-url", url])
        .stdout(Stdio::null())
        .spawn()?;
    let (mut memory, mut ended) = (0.0, None);
    let beside = longest_write(country, |_| {
        memory = peak_memory(child.id()).unwrap_or(memory);
        ended = child.try_wait().ok().flatten();
        ended.is_none()
    })
    .await?;
    ensure!(ended.is_some_and(|ended| ended.success()), "it failed");
    Ok((beside, memory))
}

/// One action after the other; the milliseconds that the longest took.
async fn longest_write(
    country: &mut Country,
    mut go_on: impl FnMut(Instant) -> bool,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut longest = Duration::ZERO;
    while go_on(started) {
        let before = Instant::now();
        country.change().await?;
        longest = longest.max(before.elapsed());
    }
    Ok(milliseconds(longest))
}

/// What administrators ask, from the request to the whole answer, each beside a bare `SELECT` of the events
/// that the answer is made of.
async fn questions(
    engine: Engine,
    asked: &Asked,
    country: &mut Country,
    size: &'static str,
    report: &mut Report,
) -> anyhow::Result<()> {
    for question in Question::ALL {
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for number in 0..QUESTIONS {
            let school = &country.schools[number * 37 % country.schools.len()];
            let store = country.commands.store();
            ours.push(asked.get(&question.path(school)).await?);
            let started = Instant::now();
            question.select(store, school).await?;
            floor.push(started.elapsed());
        }
        report.add(Figure {
            case: question.case(size),
            engine: name(engine),
            clients: 1,
            unit: "ms (p99)",
            ours: p99(ours),
            floor: p99(floor),
            peer: None,
        });
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Question {
    AsOf,
    Establishment,
    Class,
    Student,
}

impl Question {
    const ALL: [Self; 4] = [Self::AsOf, Self::Establishment, Self::Class, Self::Student];

    fn case(self, size: &str) -> &'static str {
        match (self, size) {
            (Self::AsOf, "1 M") => "as-of, 1 M events",
            (Self::AsOf, _) => "as-of, 5 M events",
            (Self::Establishment, "1 M") => "audit of a school, 1 M",
            (Self::Establishment, _) => "audit of a school, 5 M",
            (Self::Class, "1 M") => "audit of a class, 1 M",
            (Self::Class, _) => "audit of a class, 5 M",
            (Self::Student, "1 M") => "audit of a pupil, 1 M",
            (Self::Student, _) => "audit of a pupil, 5 M",
        }
    }

    fn path(self, school: &School) -> String {
        let base = "/api/v1/audit";
        match self {
            Self::AsOf => format!(
                "{base}/establishments/{}/classes?as_of=2999-01-01",
                school.uai
            ),
            Self::Establishment => format!("{base}/events?establishment={}", school.uai),
            Self::Class => format!("{base}/events?class={}", school.classes[0]),
            Self::Student => format!("{base}/events?student={}", school.students[0].0),
        }
    }

    async fn select(self, store: &Store, school: &School) -> anyhow::Result<()> {
        let mut reader = store.reader().await?;
        let conn = &mut reader.conn();
        let (condition, value) = match self {
            Self::AsOf => ("establishment = $1", school.uai.to_string()),
            Self::Establishment => (
                "establishment = $1 ORDER BY position DESC LIMIT 50",
                school.uai.to_string(),
            ),
            Self::Class => (
                "aggregate_type = 'class' AND aggregate_id = $1 ORDER BY sequence DESC LIMIT 50",
                school.classes[0].to_string(),
            ),
            Self::Student => (
                "aggregate_type = 'student' AND aggregate_id = $1 ORDER BY sequence DESC LIMIT 50",
                school.students[0].0.to_string(),
            ),
        };
        let columns = match conn {
            Conn::Postgres(_) => {
                "transaction_id, position, aggregate_type, aggregate_id, sequence, event_type, \
                 event_version, payload::text, metadata::text, recorded_at, establishment, digest"
            }
            Conn::Sqlite(_) => {
                "0, position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
                 payload, metadata, recorded_at, establishment, digest"
            }
        };
        let sql = format!("SELECT {columns} FROM events WHERE {condition}");
        let rows = fetch_all!(conn, Row, &sql, value)?;
        ensure!(!rows.is_empty(), "no events");
        Ok(())
    }
}

/// A row of the log as the driver gives it.
type Row = (
    i64,
    i64,
    String,
    String,
    i64,
    String,
    String,
    String,
    String,
    DateTime<Utc>,
    String,
    Vec<u8>,
);

/// What autovacuum does in time.
async fn analyze(store: &Store) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    execute!(&mut tx.conn(), "ANALYZE")?;
    tx.commit().await?;
    Ok(())
}
