//! Filling read models anew from the log, while servers go on with the present ones.

use std::time::{Duration, Instant};

use store::{
    Checkpoint, Clock, EventRecord, LogPage, LoggedEvent, Projection, Shadow, Store, StoreError, Tx,
};
use tokio::time::sleep;

use crate::replay::Replay;

/// With fewer events than these to go, the rest is done while nobody can write.
const SHORT: usize = 200;

/// Events of the rest that are caught up with at once. With as many to go, nobody is kept from writing.
const TAIL: u32 = 1_000;

/// How often others may keep the swap from a table, or from the end of the log, before the rebuild gives
/// up.
const ATTEMPTS: u32 = 300;

/// How long others come first after such an attempt.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    pub events: u64,
    /// How long nobody else could write at its end, at most.
    pub swap: Duration,
}

/// Rebuilds these read models from the log into tables beside the live ones, then puts those in their
/// place. Whatever stops it before that leaves the live ones as they are; what it leaves behind, the next
/// rebuild removes. `progress` is told how many events are replayed.
///
/// It is [`StoreError::Unique`] when the log breaks a rule over a set, and [`StoreError::HeldUp`] when
/// others kept the tables from being swapped for half a minute.
pub async fn rebuild(
    store: &Store,
    clock: &dyn Clock,
    projections: &[&dyn Projection],
    mut progress: impl FnMut(u64),
) -> Result<Rebuilt, StoreError> {
    let tables: Vec<&'static str> = projections
        .iter()
        .flat_map(|projection| projection.tables())
        .collect();
    let mut replica = store.replica(tables.clone()).await?;
    replica.remove_leftovers().await?;
    let mut replay = Replay::start(store.log_reader(), {
        let store = store.clone();
        move |page: LogPage| {
            let events = records(page.decode()?);
            Ok::<_, StoreError>((events.len(), store.changes(&tables, &events)))
        }
    });
    let mut done = Progress::default();
    while let Some((checkpoint, made)) = replay.next().await? {
        let (count, changes) = made?;
        replica.change(changes).await?;
        done.advance(checkpoint, count);
        progress(done.events);
    }
    let shadow = replica.publish(clock).await?;
    catch_up(store, &shadow, &mut done).await?;
    progress(done.events);
    let swap = swap(store, &shadow, &mut done).await?;
    replica.end().await?;
    Ok(Rebuilt {
        events: done.events,
        swap,
    })
}

#[derive(Clone, Copy, Default)]
struct Progress {
    checkpoint: Checkpoint,
    events: u64,
}

impl Progress {
    fn advance(&mut self, checkpoint: Checkpoint, count: usize) {
        self.checkpoint = checkpoint;
        self.events += count as u64;
    }
}

fn records(events: Vec<LoggedEvent>) -> Vec<EventRecord> {
    events.into_iter().map(|event| event.record).collect()
}

/// Brings the new tables to where only a few events are left.
async fn catch_up(store: &Store, shadow: &Shadow, done: &mut Progress) -> Result<(), StoreError> {
    loop {
        let page = store.read_page(done.checkpoint, TAIL).await?;
        if page.len() < SHORT {
            return Ok(());
        }
        let mut tx = store.begin().await?;
        replay(store, shadow, &mut tx, &page, done).await?;
        tx.commit().await?;
    }
}

async fn swap(store: &Store, shadow: &Shadow, done: &mut Progress) -> Result<Duration, StoreError> {
    for _ in 0..ATTEMPTS {
        let mut tx = store.begin().await?;
        let started = Instant::now();
        // Looked at before others have to wait, too: while a transaction holds up the end of the log,
        // catching up does not get there.
        if rest(&mut tx, done.checkpoint).await?.is_some()
            && shadow.lock(&mut tx).await?
            && let Some(page) = rest(&mut tx, done.checkpoint).await?
        {
            // Nobody can append any more that concern these tables before the transaction ends.
            replay(store, shadow, &mut tx, &page, done).await?;
            shadow.take_over(&mut tx).await?;
            tx.commit().await?;
            return Ok(started.elapsed());
        }
        drop(tx);
        sleep(BETWEEN_ATTEMPTS).await;
        catch_up(store, shadow, done).await?;
    }
    Err(StoreError::HeldUp)
}

/// All events that are left, if they are few.
async fn rest(tx: &mut Tx<'_>, after: Checkpoint) -> Result<Option<LogPage>, StoreError> {
    let page = tx.conn().read_page(after, TAIL).await?;
    Ok((page.len() < TAIL as usize).then_some(page))
}

async fn replay(
    store: &Store,
    shadow: &Shadow,
    tx: &mut Tx<'_>,
    page: &LogPage,
    done: &mut Progress,
) -> Result<(), StoreError> {
    let end = page.end()?.unwrap_or(done.checkpoint);
    let events = records(page.decode()?);
    let changes = store.changes(shadow.tables(), &events);
    shadow.change(&mut tx.conn(), changes).await?;
    done.advance(end, events.len());
    Ok(())
}
