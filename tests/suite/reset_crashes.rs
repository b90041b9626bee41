//! The reset, interrupted at any moment and by whatever interrupts: each school is in the old year or in
//! the new one, the next run goes on, and in the end it is as if nothing had happened.

mod place;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use acceptance::{chance::part, engine::Engine, on_both_engines};
use anyhow::{Context as _, bail, ensure};
use domain::values::SchoolYear;
use projections::last_year::{self, Behind};
use serde_json::Value;
use store::Store;
use tokio::time::sleep;

use place::{Place, Row, SCHOOLS};

on_both_engines!(interrupted_at_any_moment_it_ends_as_if_it_had_not_been);

/// How often a run is interrupted, on each engine.
const INTERRUPTIONS: u32 = 50;

/// How often in a row, at most, before one is let through.
const IN_A_ROW: usize = 6;

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

/// What a reset appends, by school, in the order of streams and numbers.
type Appended = BTreeMap<String, Vec<Row>>;

/// A run that is over.
struct Ended {
    status: ExitStatus,
    /// What it printed, if it was not killed.
    report: Option<Value>,
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
