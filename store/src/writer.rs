//! What one action holds of the database, from its first load to its commit.

use std::time::Duration;

use sqlx::{Postgres, SqlitePool, pool::PoolConnection};

use crate::{Engine, Store, StoreError, Tx, postgres};

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
    Postgres(PoolConnection<Postgres>),
    /// Loading leaves the one writer to others.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    /// In a transaction already, which keeps everybody else from writing.
    Alone(Tx<'static>),
}

impl Store {
    /// Begins an action. Nothing is locked yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] when the database does not answer.
    pub async fn writer(&self) -> Result<Writer, StoreError> {
        let connection = match &self.engine {
            Engine::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
            Engine::Sqlite { read, write } => Connection::Sqlite {
                read: read.clone(),
                write: write.clone(),
            },
        };
        Ok(Writer {
            store: self.clone(),
            connection,
        })
    }
}

impl Store {
    /// Begins an action during which nobody else writes: what it decides on cannot change before it is
    /// appended. For actions on so much that others, who are faster, would always be first. Reading
    /// goes on.
    ///
    /// # Errors
    ///
    /// As [`Store::begin`]; on PostgreSQL [`StoreError::Conflict`] where others keep the log from being
    /// locked for longer than `patience`, during which everybody else waits too.
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
