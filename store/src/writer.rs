//! What one action holds of the database, from its first load to its commit.

use std::time::Duration;

use crate::{Conn, Reader, Store, StoreError, Tx, postgres};

/// Loads the streams that an action decides on, then appends what it decided.
///
/// On PostgreSQL it keeps one connection from the beginning to the end: the pool tests each
/// connection that comes back to it, which costs a round trip.
pub struct Writer {
    pub(crate) store: Store,
    pub(crate) connection: Connection,
}

/// What a [`Writer`] works on.
pub(crate) enum Connection {
    /// Others go on meanwhile: on SQLite, loading leaves the one writer to them.
    Shared(Reader),
    /// In a transaction already, which keeps everybody else from writing.
    Alone(Tx<'static>),
}

impl Writer {
    /// What it loads from.
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match &mut self.connection {
            Connection::Shared(reader) => reader.conn(),
            Connection::Alone(tx) => tx.conn(),
        }
    }
}

impl Store {
    /// Begins an action. Nothing is locked yet.
    pub async fn writer(&self) -> Result<Writer, StoreError> {
        Ok(Writer {
            store: self.clone(),
            connection: Connection::Shared(self.reader().await?),
        })
    }

    /// Begins an action during which nobody else writes: what it decides on cannot change before it is
    /// appended. For actions on so much that others, who are faster, would always be first. Reading
    /// goes on.
    ///
    /// On PostgreSQL it is [`StoreError::Conflict`] where others keep the log from being locked for longer
    /// than `patience`, during which everybody else waits too.
    pub async fn writer_alone(&self, patience: Duration) -> Result<Writer, StoreError> {
        let mut tx = self.begin().await?;
        if let Tx::Postgres(tx) = &mut tx {
            postgres::lock_log(tx, patience).await?;
        }
        Ok(Writer {
            store: self.clone(),
            connection: Connection::Alone(tx),
        })
    }
}
