//! Sealing the log: how fast, beside a bare `SELECT` of the same columns; whether it keeps up with the
//! fastest appends, and what it costs them.

use std::{sync::Arc, time::Instant};

use api::sealer::{self, SEAL_SIZE};
use commands::{Clock as _, SystemClock};
use store::Store;
use tokio::sync::oneshot;

use crate::{
    log::select_all,
    measure::{ROUNDS, median, middle, rate},
    ours::Ours,
    report::{Figure, Report, name},
    town::Places,
    writes::{Case, Entry, ROSTER},
};

/// How many seals a turn of sealing makes.
const SEALS: usize = 50;

/// Who appends at the same time.
const CLIENTS: usize = 8;

/// What a turn of appending came to, with the sealer beside it.
struct Turn {
    /// Actions per second.
    actions: f64,
    /// Events per second, appended and sealed.
    appended: f64,
    sealed: f64,
}

/// Measures all of it on one engine.
pub(crate) async fn run(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    sealing(places, report).await?;
    appending(places, report).await
}

async fn sealing(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    let store = places.ours.store();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let mut events = 0;
        for _ in 0..SEALS {
            let seal = store.seal(SystemClock.now(), SEAL_SIZE).await?;
            events += seal.map_or(0, |seal| seal.events);
        }
        ours.push(rate(usize::try_from(events)?, started.elapsed()));
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

/// With and without a sealer, in turns.
async fn appending(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    let ours = Arc::new(Ours(places.ours.clone()));
    let mut entry = Entry::new(ours, places.schools.clone());
    let (mut actions, mut events) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let alone = entry.turn(Case::Roster(ROSTER), CLIENTS).await?;
        let beside = beside_the_sealer(places, &mut entry).await?;
        // The first turn fills caches.
        if round > 0 {
            actions.push((beside.actions, alone));
            events.push((beside.sealed, beside.appended));
        }
    }
    for (case, unit, (ours, floor)) in [
        ("append beside the sealer", "changes/s", middle(actions)),
        ("seal beside appends", "events/s", middle(events)),
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

async fn beside_the_sealer(places: &Places, entry: &mut Entry) -> anyhow::Result<Turn> {
    let store = places.ours.store();
    // What was appended without a sealer is not this turn's.
    store.seal_all(SystemClock.now(), SEAL_SIZE).await?;
    let before = store.head().await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let background = tokio::spawn(sealer::run(places.ours.clone(), async {
        let _ = stopped.await;
    }));
    let started = Instant::now();
    let actions = entry.turn(Case::Roster(ROSTER), CLIENTS).await?;
    let elapsed = started.elapsed();
    let (sealed, head) = (sealed_up_to(store).await?, store.head().await?);
    drop(stop);
    background.await?;
    let per_second = |end: i64| anyhow::Ok(rate(usize::try_from(end - before)?, elapsed));
    Ok(Turn {
        actions,
        appended: per_second(head)?,
        sealed: per_second(sealed)?,
    })
}

async fn sealed_up_to(store: &Store) -> anyhow::Result<i64> {
    Ok(store.latest_seal().await?.map_or(0, |seal| seal.position))
}
