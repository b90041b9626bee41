//! Seals over the log: whoever changes, removes or inserts an event that is sealed is found out.
//!
//! A seal is a SHA-256 over the seal before it and the digest of every event since, in the order of the log.
//! Erasing a person breaks none, since events hold no personal data. What exactly is hashed is written down
//! in `docs/audit.md`.

mod chain;
mod checker;
pub(crate) mod digest;
mod file;
#[cfg(test)]
mod tests;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use tokio::task::spawn_blocking;

pub use checker::{BrokenSeal, Checker, Fault, Outside, SealRange, SealReport};
pub use digest::EventDigest;
pub use file::SealFileError;

use self::chain::Chain;
use crate::{
    Checkpoint, Conn, LogPage, RawEvent, Rows, Store, StoreError, engine::Pools, fetch_all,
    fetch_optional, postgres, sqlite,
};

/// How many seals are written at once: enough for a commit not to matter, few enough for their events to
/// be held in memory.
const SEALS_AT_ONCE: u32 = 10;

/// A seal, as it stands in the database or in a file kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct Seal {
    /// 1, 2, 3… without holes.
    pub number: i64,
    /// The position of the last event that it covers.
    pub position: i64,
    /// The transaction that appended that event; 0 on SQLite.
    #[sqlx(rename = "transaction_id")]
    pub transaction: i64,
    /// How many events it covers: those since the previous seal.
    pub events: i64,
    /// 64 hexadecimal digits, in lower case.
    pub hash: String,
    /// When it was made, to the microsecond.
    pub sealed_at: DateTime<Utc>,
}

impl Seal {
    /// Where a reader that has seen all that it covers stands.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            transaction: self.transaction,
            position: self.position,
        }
    }
}

const COLUMNS: &str = "number, position, transaction_id, events, hash, sealed_at";

impl Store {
    /// Seals the next events after the latest seal, `size` to a seal, and gives the last seal made. None
    /// when there is nothing to seal, or when somebody else was first. There may be more to seal when the
    /// last one covers `size` events.
    ///
    /// An event that commits late is never left out: see [`Store::read_page`]. The seals are there all or none.
    pub async fn seal(&self, now: DateTime<Utc>, size: u32) -> Result<Option<Seal>, StoreError> {
        let latest = self.latest_seal().await?;
        let after = latest.as_ref().map(Seal::checkpoint).unwrap_or_default();
        let events = self
            .read_digests(after, size.saturating_mul(SEALS_AT_ONCE))
            .await?;
        // To what both engines keep: a seal must be the same when it is read again.
        let seals = seals_over(&events, latest.as_ref(), size, now.trunc_subsecs(6));
        if seals.is_empty() {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        match insert(&mut tx.conn(), &seals).await {
            Ok(true) => tx.commit().await?,
            Ok(false) | Err(StoreError::Unique { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(seals.into_iter().next_back())
    }

    /// The places and digests of the next events after `checkpoint`, as [`Store::read_page`] gives the
    /// events.
    async fn read_digests(
        &self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<Vec<(Checkpoint, EventDigest)>, StoreError> {
        let (places, digests) = match &self.engine {
            Pools::Postgres(pool) => postgres::read_digests(pool, checkpoint, limit).await?,
            Pools::Sqlite(pools) => sqlite::read_digests(&pools.read, checkpoint, limit).await?,
        };
        let (digests, rest) = digests.as_chunks();
        // No engine promises the order in which it aggregates what comes in order.
        if digests.len() == places.len() && rest.is_empty() && places.is_sorted() {
            let digests = digests.iter().copied().map(EventDigest);
            return Ok(places.into_iter().zip(digests).collect());
        }
        // Otherwise somebody wrote one by hand that is none.
        let page = self.read_page(checkpoint, limit).await?;
        // Some milliseconds in which a thread of the runtime would serve nobody.
        spawn_blocking(move || digests_of(&page)).await?
    }

    /// Seals all that can be sealed, `size` events to a seal, and gives the latest seal; none when the
    /// log is empty. At an error, the seals made until then stay.
    pub async fn seal_all(
        &self,
        now: DateTime<Utc>,
        size: u32,
    ) -> Result<Option<Seal>, StoreError> {
        loop {
            match self.seal(now, size).await? {
                Some(seal) if seal.events == i64::from(size) => {}
                Some(seal) => return Ok(Some(seal)),
                None => {
                    let latest = self.latest_seal().await?;
                    let after = latest.as_ref().map(Seal::checkpoint).unwrap_or_default();
                    // Otherwise somebody else was first, and there may be more.
                    if self.read_page(after, 1).await?.is_empty() {
                        return Ok(latest);
                    }
                }
            }
        }
    }

    /// The seal with the highest number, if any.
    pub async fn latest_seal(&self) -> Result<Option<Seal>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM seals ORDER BY number DESC LIMIT 1");
        let mut reader = self.reader().await?;
        fetch_optional!(&mut reader.conn(), Seal, &sql)
    }

    /// The seals after the one with this number (0: from the first), at most `limit`, by number.
    pub async fn seals(&self, after: i64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        self.reader().await?.conn().seals(after, limit).await
    }
}

impl Conn<'_> {
    /// As [`Store::seals`], as this transaction sees them.
    pub async fn seals(&mut self, after: i64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM seals WHERE number > $1 ORDER BY number LIMIT $2");
        fetch_all!(self, Seal, &sql, after, i64::from(limit))
    }
}

/// The places and digests of the events of a page, from what stands there.
fn digests_of(page: &LogPage) -> Result<Vec<(Checkpoint, EventDigest)>, StoreError> {
    let digest = |event: Result<RawEvent<'_>, StoreError>| match event {
        Ok(event) => Ok((event.checkpoint, EventDigest::of(&event))),
        // It is no better later, and what comes after it is to be sealed.
        Err(StoreError::Unreadable { checkpoint, .. }) => Ok((checkpoint, EventDigest::UNREADABLE)),
        Err(error) => Err(error),
    };
    page.events().map(digest).collect()
}

/// The seals over these events, which come after those of the latest seal.
fn seals_over(
    events: &[(Checkpoint, EventDigest)],
    latest: Option<&Seal>,
    size: u32,
    now: DateTime<Utc>,
) -> Vec<Seal> {
    let mut seals: Vec<Seal> = Vec::new();
    for events in events.chunks(size.max(1) as usize) {
        let mut chain = Chain::after(seals.last().or(latest));
        for (at, digest) in events {
            chain.absorb(*at, digest);
        }
        seals.push(chain.seal(now));
    }
    seals
}

/// Whether the seals were written: they were not when there is another one with the first's number. Who
/// tries that at the same moment violates the key.
async fn insert(conn: &mut Conn<'_>, seals: &[Seal]) -> Result<bool, StoreError> {
    let first = seals.first().map_or(0, |seal| seal.number);
    let rows = Rows::new()
        .integer("number", seals.iter().map(|seal| seal.number))
        .integer("position", seals.iter().map(|seal| seal.position))
        .integer("transaction_id", seals.iter().map(|seal| seal.transaction))
        .integer("events", seals.iter().map(|seal| seal.events))
        .text("hash", seals.iter().map(|seal| &seal.hash))
        .time("sealed_at", seals.iter().map(|seal| seal.sealed_at))
        .integer("first", seals.iter().map(|_| first));
    let sql = format!(
        "INSERT INTO seals ({COLUMNS}) SELECT {COLUMNS} FROM {{rows}} \
         WHERE first = (SELECT COALESCE(MAX(number), 0) + 1 FROM seals)"
    );
    Ok(conn.write(&sql, rows).await? > 0)
}
