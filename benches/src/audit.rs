//! What the audit does on a large log: rebuilding the read models, verifying them, asking what was.

use std::time::{Duration, Instant};

use acceptance::{engine::Engine, postgres::Cluster};
use projections::{rebuild::rebuild, verify::verify};
use store::{Checkpoint, Store};

use crate::{
    country::Country,
    measure::{median, rate},
    report::{Figure, Report, name},
};

const MILLION: i64 = 1_000_000;

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
    store.close().await;
    Ok(())
}

async fn replays(engine: Engine, store: &Store, report: &mut Report) -> anyhow::Result<()> {
    let (mut rebuilds, mut verifies, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let mut swaps = Duration::ZERO;
    let all: Vec<_> = store.projections().iter().map(AsRef::as_ref).collect();
    for _ in 0..RUNS {
        let started = Instant::now();
        reads.push(rate(read(store).await?, started.elapsed()));
        let started = Instant::now();
        let rebuilt = rebuild(store, &all, |_| ()).await?;
        rebuilds.push(rate(usize::try_from(rebuilt.events)?, started.elapsed()));
        swaps = swaps.max(rebuilt.swap);
        let started = Instant::now();
        let found = verify(store, None, |_| ()).await?;
        anyhow::ensure!(found.is_sound(), "{found:?}");
        verifies.push(rate(usize::try_from(found.events)?, started.elapsed()));
    }
    println!("swap {swaps:?}");
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
