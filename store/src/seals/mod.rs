//! Seals over the log: whoever changes, removes or inserts an event that is sealed is found out.
//!
//! A seal is a SHA-256 over the seal before it and every event since, in the order of the log. Erasing a
//! person breaks none, since events hold no personal data. What exactly is hashed is written down in
//! `docs/audit.md`.

mod chain;
mod checker;
mod file;
#[cfg(test)]
mod tests;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

pub use chain::Chain;
pub use checker::{BrokenSeal, Checker, Fault, Outside, SealRange, SealReport};
pub use file::{SealFile, SealFileError};

use crate::{Checkpoint, Conn, LogPage, Rows, Store, StoreError, fetch_all, fetch_optional};

/// How many seals are written at once: enough for a commit not to matter, few enough for their events to
/// be held in memory.
const SEALS_AT_ONCE: u32 = 10;

/// A seal, as it stands in the database or in a file kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// 1, 2, 3… without holes.
    pub number: i64,
    /// The position of the last event that it covers.
    pub position: i64,
    /// The transaction that appended that event; 0 on SQLite.
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

/// A row of `seals`, in the order of [`COLUMNS`].
type SealRow = (i64, i64, i64, i64, String, DateTime<Utc>);

const COLUMNS: &str = "number, position, transaction_id, events, hash, sealed_at";

impl From<SealRow> for Seal {
    fn from(row: SealRow) -> Self {
        Self {
            number: row.0,
            position: row.1,
            transaction: row.2,
            events: row.3,
            hash: row.4,
            sealed_at: row.5,
        }
    }
}

impl Store {
    /// Seals the next events after the latest seal, `size` to a seal, and gives the last seal made. None
    /// when there is nothing to seal, or when somebody else was first. There may be more to seal when the
    /// last one covers `size` events.
    ///
    /// An event that commits late is never left out: see [`Store::read_page`].
    ///
    /// # Errors
    ///
    /// The database's. The seals are there all or none.
    pub async fn seal(&self, now: DateTime<Utc>, size: u32) -> Result<Option<Seal>, StoreError> {
        let latest = self.latest_seal().await?;
        let after = latest.as_ref().map(Seal::checkpoint).unwrap_or_default();
        let page = self
            .read_page(after, size.saturating_mul(SEALS_AT_ONCE))
            .await?;
        // To what both engines keep: a seal must be the same when it is read again.
        let now = now.trunc_subsecs(6);
        // Some milliseconds in which a thread of the runtime would serve nobody.
        let seals = spawn_blocking(move || seals_over(&page, latest.as_ref(), size, now));
        let seals = seals.await??;
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

    /// Seals all that can be sealed, `size` events to a seal, and gives the latest seal; none when the
    /// log is empty.
    ///
    /// # Errors
    ///
    /// As [`Store::seal`]; the seals made until then stay.
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
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn latest_seal(&self) -> Result<Option<Seal>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM seals ORDER BY number DESC LIMIT 1");
        let mut reader = self.reader().await?;
        let row = fetch_optional!(&mut reader.conn(), SealRow, &sql)?;
        Ok(row.map(Seal::from))
    }

    /// The seals after the one with this number (0: from the first), at most `limit`, by number.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn seals(&self, after: i64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        self.reader().await?.conn().seals(after, limit).await
    }
}

impl Conn<'_> {
    /// As [`Store::seals`], as this transaction sees them.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn seals(&mut self, after: i64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM seals WHERE number > $1 ORDER BY number LIMIT $2");
        let rows = fetch_all!(self, SealRow, &sql, after, i64::from(limit))?;
        Ok(rows.into_iter().map(Seal::from).collect())
    }
}

/// The seals over the events of a page, which come after those of the latest seal.
fn seals_over(
    page: &LogPage,
    latest: Option<&Seal>,
    size: u32,
    now: DateTime<Utc>,
) -> Result<Vec<Seal>, StoreError> {
    let mut seals = Vec::new();
    let mut chain = Chain::after(latest);
    for event in page.events() {
        match event {
            Ok(event) => chain.absorb(&event),
            // It is no better later, and what comes after it is to be sealed.
            Err(StoreError::Unreadable { checkpoint, .. }) => chain.absorb_unreadable(checkpoint),
            Err(error) => return Err(error),
        }
        if chain.events() == i64::from(size) {
            let seal = chain.seal(now);
            chain = Chain::after(Some(&seal));
            seals.push(seal);
        }
    }
    if chain.events() > 0 {
        seals.push(chain.seal(now));
    }
    Ok(seals)
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
