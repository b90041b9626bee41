//! PostgreSQL or SQLite: the types of which there is one for each.

use std::ops::DerefMut;

use sqlx::{
    PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
};

use crate::StoreError;

/// What is one thing on PostgreSQL and another on SQLite.
#[derive(Clone, Copy, Debug)]
pub enum Engine<P, S> {
    /// Production: several servers on one database.
    Postgres(P),
    /// One file, and one who writes to it at a time.
    Sqlite(S),
}

/// The connections that a [`Store`](crate::Store) works on.
pub(crate) type Pools = Engine<PgPool, SqlitePools>;

/// One writer, as SQLite allows no more, and several readers beside it.
#[derive(Clone)]
pub(crate) struct SqlitePools {
    pub(crate) write: SqlitePool,
    pub(crate) read: SqlitePool,
}

/// A connection to either engine.
///
/// Queries on it go through [`execute!`](crate::execute), [`fetch_all!`](crate::fetch_all),
/// [`fetch_optional!`](crate::fetch_optional) and [`Conn::write`], with SQL that both understand.
pub type Conn<'c> = Engine<&'c mut PgConnection, &'c mut SqliteConnection>;

/// A connection for reading, outside any transaction; on SQLite, where it cannot write.
pub type Reader = Engine<PoolConnection<Postgres>, PoolConnection<Sqlite>>;

/// A transaction that may write. Dropped without [`Tx::commit`], it leaves nothing behind.
///
/// On PostgreSQL it is read committed: conflicts are found by keys. On SQLite it holds the write lock from
/// its start.
pub type Tx<'c> = Engine<Transaction<'c, Postgres>, Transaction<'c, Sqlite>>;

/// A connection of its own, outside the pools.
pub(crate) type Link = Engine<Box<PgConnection>, Box<SqliteConnection>>;

impl<P, S> Engine<P, S>
where
    P: DerefMut<Target = PgConnection>,
    S: DerefMut<Target = SqliteConnection>,
{
    /// The connection.
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(connection) => Conn::Postgres(connection),
            Self::Sqlite(connection) => Conn::Sqlite(connection),
        }
    }
}

impl Tx<'_> {
    /// Makes everything that was written in it last. After [`StoreError::Commit`] it is unknown whether the
    /// transaction happened; after any other error, it did not.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        }
        .map_err(StoreError::of_commit)
    }
}
