//! What one action holds of the database, from its first load to its commit.

use sqlx::{Connection as _, Postgres, SqlitePool, pool::PoolConnection};

use crate::{Engine, Projection, Store, StoreError, Tx};

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

impl Writer {
    pub(crate) fn projections(&self) -> &[Box<dyn Projection>] {
        self.store.projections()
    }

    pub(crate) async fn begin(&mut self) -> Result<Tx<'_>, StoreError> {
        Ok(match &mut self.connection {
            Connection::Postgres(connection) => Tx::Postgres(connection.begin().await?),
            Connection::Sqlite { write, .. } => {
                Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)
            }
        })
    }
}
