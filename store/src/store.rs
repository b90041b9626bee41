//! The database, as a whole.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::{
    Projection, Reader, StoreError, Tx, Write,
    engine::{Pools, SqlitePools},
    postgres::{self, Cluster},
    sqlite,
};

/// The database a server works on, with the projections that every append keeps in step.
///
/// Cheap to clone: clones share the connection pools.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Pools,
    pub(crate) projections: Arc<[Box<dyn Projection>]>,
    /// What stands behind the connections; on SQLite always the same.
    cluster: Cluster,
}

impl Store {
    /// Opens the database named by `url` (`sqlite://path` or `postgres://…`).
    ///
    /// An SQLite file and its folder are created when missing. The schema is left as it is:
    /// see [`Store::migrate`].
    pub async fn connect(
        url: &str,
        projections: Vec<Box<dyn Projection>>,
    ) -> Result<Self, StoreError> {
        Self::open(url, projections, true).await
    }

    /// The same where a missing SQLite file is an error: nothing is created.
    pub async fn connect_existing(
        url: &str,
        projections: Vec<Box<dyn Projection>>,
    ) -> Result<Self, StoreError> {
        Self::open(url, projections, false).await
    }

    async fn open(
        url: &str,
        projections: Vec<Box<dyn Projection>>,
        create: bool,
    ) -> Result<Self, StoreError> {
        let (engine, cluster) =
            if url.starts_with("postgres://") || url.starts_with("postgresql://") {
                let (pool, cluster) = postgres::connect(url).await?;
                (Pools::Postgres(pool), cluster)
            } else if url.starts_with("sqlite:") {
                let pools = sqlite::connect(url, create).await?;
                (Pools::Sqlite(pools), Cluster::default())
            } else {
                return Err(StoreError::Url);
            };
        Ok(Self {
            engine,
            projections: projections.into(),
            cluster,
        })
    }

    /// The projections that every append keeps in step.
    #[must_use]
    pub fn projections(&self) -> &[Box<dyn Projection>] {
        &self.projections
    }

    /// The engine's name, for logs and status pages.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        match self.engine {
            Pools::Postgres(_) => "postgresql",
            Pools::Sqlite(_) => "sqlite",
        }
    }

    /// How often what stands behind the connections became another one, by a failover or a restore: the log may
    /// have lost its end, and what is remembered of it from before counts for nothing.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.cluster.changes()
    }

    /// A connection for reading; [`StoreError::OtherCluster`] where the log was restored, under a running
    /// server, to where what is appended would come before it.
    #[must_use]
    pub fn reader(&self) -> BoxFuture<'_, Result<Reader, StoreError>> {
        Box::pin(async move {
            Ok(match &self.engine {
                Pools::Postgres(pool) => {
                    let mut connection = pool.acquire().await?;
                    self.cluster.check(&mut connection).await?;
                    Reader::Postgres(connection)
                }
                Pools::Sqlite(pools) => Reader::Sqlite(pools.read.acquire().await?),
            })
        })
    }

    /// Begins a transaction that may write; refused like [`Store::reader`].
    #[must_use]
    pub fn begin(&self) -> BoxFuture<'_, Result<Tx<'static>, StoreError>> {
        Box::pin(async move {
            Ok(match &self.engine {
                Pools::Postgres(pool) => {
                    let mut transaction = pool.begin().await?;
                    self.cluster.check(&mut transaction).await?;
                    Tx::Postgres(transaction)
                }
                Pools::Sqlite(pools) => {
                    Tx::Sqlite(pools.write.begin_with("BEGIN IMMEDIATE").await?)
                }
            })
        })
    }

    /// Writes rows that follow from no event, in a transaction of their own: all or none.
    pub async fn write(&self, writes: &[&dyn Write]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for write in writes {
            write.write(&mut tx.conn()).await?;
        }
        tx.commit().await
    }

    /// Takes what was removed out of the copies that the engine itself made of it, in the database and in
    /// the files beside it; says whether nothing is left in them. On PostgreSQL, which has none that are
    /// ours, it is always so.
    pub async fn clean_files(&self) -> Result<bool, StoreError> {
        match &self.engine {
            Pools::Postgres(_) => Ok(true),
            Pools::Sqlite(pools) => sqlite::clean_files(&pools.write).await,
        }
    }

    /// Closes every connection, once the work under way on them is done.
    pub async fn close(&self) {
        match &self.engine {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite(SqlitePools { write, read }) => {
                read.close().await;
                write.close().await;
            }
        }
    }
}
