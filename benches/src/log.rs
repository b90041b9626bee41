//! Reading the log in order, decoded, beside a bare `SELECT` of the same columns.

use std::time::Instant;

use futures::TryStreamExt as _;
use store::{Checkpoint, Store};

use crate::{
    floor::Floor,
    measure::{ROUNDS, median, rate},
    report::{Figure, Report, name},
    town::Places,
};

const PAGE: u32 = 10_000;

/// Measures both on one engine, on what the other cases left in their databases.
pub(crate) async fn run(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        ours.push(rate(
            read_all(places.ours.store()).await?,
            started.elapsed(),
        ));
        let started = Instant::now();
        floor.push(rate(select_all(&places.floor).await?, started.elapsed()));
    }
    report.add(Figure {
        case: "read the log in order",
        engine: name(places.engine),
        clients: 1,
        unit: "events/s",
        ours: median(ours),
        floor: median(floor),
        peer: None,
    });
    Ok(())
}

async fn read_all(store: &Store) -> anyhow::Result<usize> {
    let mut checkpoint = Checkpoint::default();
    let mut count = 0;
    loop {
        let page = store.read_after(checkpoint, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        checkpoint = last.checkpoint;
        count += page.len();
    }
}

/// A bare `SELECT` of every event; how many there are.
pub(crate) async fn select_all(pool: &Floor) -> anyhow::Result<usize> {
    let columns = "position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
                   payload, metadata, recorded_at, establishment";
    let mut count = 0;
    match pool {
        Floor::Postgres(pool) => {
            let sql = format!(
                "SELECT transaction_id, {columns} FROM events ORDER BY transaction_id, position"
            );
            let mut rows = sqlx::query(&sql).fetch(pool);
            while rows.try_next().await?.is_some() {
                count += 1;
            }
        }
        Floor::Sqlite(pool) => {
            let sql = format!("SELECT {columns} FROM events ORDER BY position");
            let mut rows = sqlx::query(&sql).fetch(pool);
            while rows.try_next().await?.is_some() {
                count += 1;
            }
        }
    }
    Ok(count)
}
