//! What the audit does on a large log: rebuilding the read models, verifying them, asking what was.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use acceptance::{binary::monstage, engine::Engine, postgres::Cluster};
use anyhow::ensure;
use chrono::{DateTime, Utc};
use projections::{
    as_of::class_lists,
    history::{Filter, page},
    rebuild::rebuild,
    verify::verify,
};
use store::{Checkpoint, LogRow, Store, execute, fetch_all};

use crate::{
    country::{Country, School},
    measure::{median, p99, peak_memory, rate},
    report::{Figure, Report, name},
};

const MILLION: i64 = 1_000_000;

/// Collèges in France, about.
const SCHOOLS: usize = 7_700;

/// Questions of each kind.
const QUESTIONS: usize = 200;

/// How long writes are watched while nothing else goes on.
const QUIET: Duration = Duration::from_secs(5);

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
    replays(engine, &store, report).await?;
    beside_writes(engine, &url, &mut country, report).await?;
    questions(engine, &mut country, "1 M", report).await?;
    country.found(SCHOOLS).await?;
    country.live(5 * MILLION).await?;
    analyze(&store).await?;
    questions(engine, &mut country, "5 M", report).await?;
    store.close().await;
    Ok(())
}

async fn replays(engine: Engine, store: &Store, report: &mut Report) -> anyhow::Result<()> {
    let (mut rebuilds, mut verifies, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let all: Vec<_> = store.projections().iter().map(AsRef::as_ref).collect();
    for _ in 0..RUNS {
        let started = Instant::now();
        reads.push(rate(read(store).await?, started.elapsed()));
        let started = Instant::now();
        let rebuilt = rebuild(store, &all, |_| ()).await?;
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
/// meanwhile.
async fn beside_writes(
    engine: Engine,
    url: &str,
    country: &mut Country,
    report: &mut Report,
) -> anyhow::Result<()> {
    let quiet = longest_write(country, |started| started.elapsed() < QUIET).await?;
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
    report.add(Figure {
        case: "longest write at rebuild",
        engine: name(engine),
        clients: 1,
        unit: "ms",
        ours: beside,
        floor: quiet,
        peer: None,
    });
    report.add(Figure {
        case: "memory of a rebuild",
        engine: name(engine),
        clients: 1,
        unit: "MiB",
        ours: memory,
        floor: 200.0,
        peer: None,
    });
    Ok(())
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

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// What administrators ask, each beside a bare `SELECT` of the events that the answer is made of.
async fn questions(
    engine: Engine,
    country: &mut Country,
    size: &'static str,
    report: &mut Report,
) -> anyhow::Result<()> {
    for question in Question::ALL {
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for number in 0..QUESTIONS {
            let school = &country.schools[number * 37 % country.schools.len()];
            let store = country.commands.store();
            let started = Instant::now();
            question.ask(store, school).await?;
            ours.push(started.elapsed());
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

    async fn ask(self, store: &Store, school: &School) -> anyhow::Result<()> {
        let mut filter = Filter::default();
        match self {
            Self::AsOf => {
                let lists = class_lists(store, &school.uai, DateTime::<Utc>::MAX_UTC).await?;
                ensure!(lists.classes.len() == school.classes.len(), "{lists:?}");
                return Ok(());
            }
            Self::Establishment => filter.establishment = Some(school.uai.clone()),
            Self::Class => filter.class = Some(school.classes[0]),
            Self::Student => filter.student = Some(school.students[0].0),
        }
        let mut reader = store.reader().await?;
        let found = page(&mut reader.conn(), &filter, None, 50).await?;
        ensure!(!found.is_empty(), "no history");
        Ok(())
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
        let sql = format!(
            "SELECT {} FROM events WHERE {condition}",
            conn.log_columns()
        );
        let rows = fetch_all!(conn, LogRow, &sql, value)?;
        ensure!(!rows.is_empty(), "no events");
        Ok(())
    }
}

/// What autovacuum does in time.
async fn analyze(store: &Store) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    execute!(&mut tx.conn(), "ANALYZE")?;
    tx.commit().await?;
    Ok(())
}
