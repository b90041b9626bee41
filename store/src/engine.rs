//! PostgreSQL or SQLite: the one place that says so.

use sqlx::{
    PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
};

use crate::{StoreError, postgres, sqlite};

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
pub(crate) type Link = Engine<PgConnection, SqliteConnection>;

impl Pools {
    /// Opens the database that `url` names; an SQLite file and its folder are created when missing, if they
    /// may be.
    pub(crate) async fn open(url: &str, create: bool) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(postgres::connect(url).await?))
        } else if url.starts_with("sqlite:") {
            Ok(Self::Sqlite(sqlite::connect(url, create).await?))
        } else {
            Err(StoreError::Url)
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite(SqlitePools { write, read }) => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

impl Link {
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(connection) => Conn::Postgres(connection),
            Self::Sqlite(connection) => Conn::Sqlite(connection),
        }
    }
}

impl Reader {
    /// The connection.
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(connection) => Conn::Postgres(connection),
            Self::Sqlite(connection) => Conn::Sqlite(connection),
        }
    }
}

impl Tx<'_> {
    /// The connection.
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(transaction) => Conn::Postgres(transaction),
            Self::Sqlite(transaction) => Conn::Sqlite(transaction),
        }
    }

    /// Makes everything that was written in it last.
    ///
    /// # Errors
    ///
    /// [`StoreError::Commit`]; whether the transaction happened is then unknown. After any other, it did not.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        }
        .map_err(StoreError::of_commit)
    }
}
