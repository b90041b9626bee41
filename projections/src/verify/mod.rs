//! Whether the read models are what the log says, and the log what it can be.

mod numbers;
mod page;
mod verified;

use store::{
    Checkpoint, Conn, Excerpt, Replica, Store, StoreError, fetch_all, fetch_optional,
    seals::{Checker, Seal},
};

pub use self::verified::{Misdated, Misnumbered, Unreached, Unreadable, Verified};
use self::{numbers::Numbers, page::Examined};
use crate::replay::Replay;

/// How many of the rows that differ are shown, for each table and each way, and of the events that stand
/// before the log.
const SHOWN: u32 = 20;

/// How many faults of other kinds are shown, of each.
const MOST: usize = 1_000;

/// Seals read at once.
const SEALS: u32 = 10_000;

/// Replays the log beside the live read models, as both stand at one instant, and compares; and checks the
/// log against its seals, and against `outside`, one that was kept elsewhere. Others go on meanwhile.
/// `progress` is told how many events are replayed.
///
/// What is wrong with the log or the read models is no error, but what it reports.
pub async fn verify(
    store: &Store,
    outside: Option<Seal>,
    mut progress: impl FnMut(u64),
) -> Result<Verified, StoreError> {
    let projections = store.projections().iter();
    let tables: Vec<&'static str> = projections
        .flat_map(|projection| projection.tables())
        .collect();
    let (mut replica, reader) = store.frozen_replica(tables.clone()).await?;
    let seals = Checker::new(seals(&mut replica).await?);
    let mut seals = match outside {
        Some(outside) => seals.against(outside),
        None => seals,
    };
    let mut replay = Replay::start(reader, {
        let store = store.clone();
        move |page| Examined::new(page, &store, &tables)
    });
    let mut found = Verified::default();
    let mut numbers = Numbers::default();
    while let Some((end, page)) = replay.next().await? {
        let page = page?;
        for event in page.page.events() {
            match event {
                Ok(event) => {
                    numbers.see(&event);
                    seals.absorb(&event);
                }
                Err(StoreError::Unreadable { checkpoint, .. }) => {
                    seals.absorb_unreadable(checkpoint);
                }
                Err(error) => return Err(error),
            }
        }
        found.events += page.page.len() as u64;
        found.take(page.unreadable, page.misdated);
        if found.contradiction.is_none() {
            found.contradiction = contradiction(replica.change(page.changes).await, end)?;
        }
        progress(found.events);
    }
    found.unreached = unreached(&mut replica.conn(), found.events).await?;
    found.streams = numbers.streams();
    found.misnumbered = numbers.confirm(&mut replica.conn()).await?;
    if found.contradiction.is_none() {
        found.tables = replica.differences(SHOWN).await?;
    }
    found.seals = seals.finish();
    Ok(found)
}

/// What the database refuses of a page that ends there is the log's fault; that it does not answer is not.
fn contradiction(
    changed: Result<(), StoreError>,
    end: Checkpoint,
) -> Result<Option<Unreadable>, StoreError> {
    match changed {
        Ok(()) => Ok(None),
        Err(
            error @ (StoreError::Unique { .. } | StoreError::Database(sqlx::Error::Database(_))),
        ) => Ok(Some(Unreadable {
            position: end.position,
            error: error.to_string(),
        })),
        Err(error) => Err(error),
    }
}

/// The events that stand before all those that were read.
async fn unreached(conn: &mut Conn<'_>, read: u64) -> Result<Excerpt<Unreached>, StoreError> {
    let all = "SELECT COUNT(*) FROM events";
    let all = fetch_optional!(conn, (i64,), all)?.map_or(0, |(all,)| all);
    let all = u64::try_from(all).unwrap_or_default().saturating_sub(read);
    let sql = format!(
        "SELECT position, aggregate_type || '/' || aggregate_id AS stream, sequence AS number \
         FROM events \
         WHERE {} ORDER BY {} LIMIT $1",
        conn.before_log(),
        conn.log_order()
    );
    let first = if all == 0 {
        Vec::new()
    } else {
        fetch_all!(conn, Unreached, &sql, i64::from(SHOWN))?
    };
    Ok(Excerpt { first, all })
}

/// All of them, as of the instant that is verified.
async fn seals(replica: &mut Replica) -> Result<Vec<Seal>, StoreError> {
    let mut seals: Vec<Seal> = Vec::new();
    loop {
        let after = seals.last().map_or(0, |seal| seal.number);
        let mut next = replica.conn().seals(after, SEALS).await?;
        if next.is_empty() {
            return Ok(seals);
        }
        seals.append(&mut next);
    }
}
