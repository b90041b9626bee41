//! Sealing the log: how fast, beside a bare `SELECT` of the same columns; what it costs the fastest appends,
//! and whether it keeps up with them.

use std::{sync::Arc, time::Instant};

use cli::sealer::{self, SEAL_SIZE};
use store::{Clock as _, Store, StoreError, SystemClock};
use tokio::sync::oneshot;

use crate::{
    log::select_all,
    measure::{ROUNDS, median, middle, rate},
    ours::Ours,
    report::{Figure, Report, name},
    town::Places,
    writes::{Case, Entry, ROSTER},
};

/// How often a turn of sealing goes on: some 50,000 events.
const TIMES: usize = 5;

/// Who appends at the same time.
const CLIENTS: usize = 8;

/// How often the sealer looks when it has caught up, in milliseconds: it lags as much on its own.
const EVERY: f64 = 1000.0;

/// How many turns the sealer goes on for: it looks every second, as long as a turn takes.
const TURNS: usize = 4;

/// Measures all of it on one engine.
pub(crate) async fn run(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    sealing(places, report).await?;
    appending(places, report).await
}

async fn sealing(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    let store = places.ours.store();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = sealed_up_to(store).await?;
        let started = Instant::now();
        for _ in 0..TIMES {
            store.seal(SystemClock.now(), SEAL_SIZE).await?;
        }
        let elapsed = started.elapsed();
        let events = sealed_up_to(store).await? - before;
        ours.push(rate(usize::try_from(events)?, elapsed));
        let started = Instant::now();
        floor.push(rate(select_all(&places.floor).await?, started.elapsed()));
    }
    report.add(Figure {
        case: "seal the log",
        engine: name(places.engine),
        clients: 1,
        unit: "events/s",
        ours: median(ours),
        floor: median(floor),
        peer: None,
    });
    Ok(())
}

/// With and without a sealer, in turns: without, with, with, without, since a log that grows makes each turn
/// slower than the one before.
async fn appending(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    let ours = Arc::new(Ours(places.ours.clone()));
    let mut entry = Entry::new(ours, places.schools.clone());
    let (mut rates, mut lags) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let before = append(&mut entry).await?;
        let (one, lag) = beside_the_sealer(places, &mut entry).await?;
        let (other, other_lag) = beside_the_sealer(places, &mut entry).await?;
        let after = append(&mut entry).await?;
        // The first turns fill caches.
        if round > 0 {
            rates.push((f64::midpoint(one, other), f64::midpoint(before, after)));
            lags.extend([lag, other_lag]);
        }
    }
    let (ours, floor) = middle(rates);
    for (case, unit, ours, floor) in [
        ("append beside the sealer", "changes/s", ours, floor),
        ("sealing lags meanwhile", "ms", median(lags), EVERY),
    ] {
        report.add(Figure {
            case,
            engine: name(places.engine),
            clients: CLIENTS,
            unit,
            ours,
            floor,
            peer: None,
        });
    }
    Ok(())
}

/// Actions per second.
async fn append(entry: &mut Entry) -> anyhow::Result<f64> {
    let mut rates = Vec::new();
    for _ in 0..TURNS {
        rates.push(entry.turn(Case::Roster(ROSTER), CLIENTS).await?);
    }
    Ok(median(rates))
}

/// Actions per second, and in the end the milliseconds it took to append what is not sealed.
async fn beside_the_sealer(places: &Places, entry: &mut Entry) -> anyhow::Result<(f64, f64)> {
    let store = places.ours.store();
    // What was appended without a sealer is not this one's.
    store.seal_all(SystemClock.now(), SEAL_SIZE).await?;
    let before = store.head().await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let background = tokio::spawn(sealer::run(places.ours.clone(), async {
        let _ = stopped.await;
    }));
    let started = Instant::now();
    let actions = append(entry).await?;
    let elapsed = started.elapsed();
    let (head, sealed) = (store.head().await?, sealed_up_to(store).await?);
    drop(stop);
    background.await?;
    let appended = rate(usize::try_from(head - before)?, elapsed);
    let unsealed = rate(usize::try_from((head - sealed).max(0))?, elapsed);
    Ok((
        actions,
        unsealed / appended * elapsed.as_secs_f64() * 1000.0,
    ))
}

/// Without gaps in the positions, also how many events are sealed.
async fn sealed_up_to(store: &Store) -> Result<i64, StoreError> {
    Ok(store.latest_seal().await?.map_or(0, |seal| seal.position))
}
