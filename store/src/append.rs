//! Appending the events of one action, atomically, whatever the number of streams.

use crate::{EventRecord, Store, StoreError, StreamId, Tx, Write, postgres, sqlite};

/// What one action appends.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// Its events. Their sequences carry the versions their streams were loaded at: another event
    /// with the same number is a conflict.
    pub events: Vec<EventRecord>,
    /// The streams it decided on without appending to them.
    pub guards: Vec<Guard>,
}

/// "I decided this because that stream stood at this version": checked, and held until the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The stream that was read.
    pub stream: StreamId,
    /// The number of its last event when it was read, at least 1.
    pub version: u64,
}

/// The only aggregate type that actions decide on without appending to it: registering or opening
/// a year must not slip between such a decision and its commit.
pub(crate) const GUARDED_TYPE: &str = "establishment";

impl Store {
    /// Appends in a transaction of its own: the events, then the projections, then `writes`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when a stream moved on since it was loaded, [`StoreError::Unique`]
    /// when a rule over sets refuses, [`StoreError::Commit`] when the outcome is unknown. Otherwise
    /// nothing happened.
    pub async fn append(
        &self,
        append: &mut Append,
        writes: &[&dyn Write],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.append(append, self).await?;
        for write in writes {
            write.write(&mut tx.conn()).await?;
        }
        tx.commit().await
    }
}

impl Tx {
    /// Appends to the log and runs the projections of `store`.
    ///
    /// It must be the first thing that the transaction writes: PostgreSQL then numbers the
    /// transaction after every other one whose events the decision saw, and the order (transaction,
    /// position) in which the log is read never shows an effect before its cause.
    ///
    /// # Errors
    ///
    /// As [`Store::append`].
    pub async fn append(&mut self, append: &mut Append, store: &Store) -> Result<(), StoreError> {
        // One order for everybody: two actions on the same streams wait for each other, and never
        // in a circle.
        append
            .events
            .sort_by(|a, b| (&a.stream, a.sequence).cmp(&(&b.stream, b.sequence)));
        append.guards.sort_by(|a, b| a.stream.cmp(&b.stream));
        match self {
            Self::Postgres(tx) => postgres::append(tx, append).await?,
            Self::Sqlite(tx) => sqlite::append(tx, append).await?,
        }
        for projection in store.projections() {
            projection.apply(&mut self.conn(), &append.events).await?;
        }
        Ok(())
    }
}
