//! The schema: brought up to date by `migrate` and at the start of a server.

use sqlx::migrate::Migrator;

use crate::{Store, StoreError, engine::Pools, postgres};

static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Where a database's schema stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaStatus {
    /// The newest migration applied, if any.
    pub applied: Option<i64>,
    /// The newest migration this program knows.
    pub known: i64,
}

impl SchemaStatus {
    /// Whether this program can work on it. A newer schema is fine: during an upgrade the servers
    /// not yet replaced see it.
    #[must_use]
    pub fn is_current(self) -> bool {
        self.applied >= Some(self.known)
    }
}

impl Store {
    /// Brings the schema up to date. Two servers that start together wait for each other.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.engine {
            Pools::Postgres(pool) => {
                POSTGRES.run(pool).await?;
            }
            Pools::Sqlite(pools) => {
                // Unlike on PostgreSQL, the migrator takes no lock of its own.
                let mut transaction = pools.write.begin_with("BEGIN EXCLUSIVE").await?;
                SQLITE.run(&mut *transaction).await?;
                transaction.commit().await?;
            }
        }
        self.check_cluster().await
    }

    /// Refuses a log that was restored from a cluster that counts its transactions further than this one:
    /// for whoever is about to write without bringing the schema up to date. Events that are appended there
    /// would come before those that are there.
    pub async fn check_cluster(&self) -> Result<(), StoreError> {
        match &self.engine {
            Pools::Postgres(pool) => {
                if postgres::is_ahead_of_cluster(&mut *pool.acquire().await?).await? {
                    return Err(StoreError::OtherCluster);
                }
                Ok(())
            }
            Pools::Sqlite(_) => Ok(()),
        }
    }

    /// Where the schema stands; an error where there never was one.
    pub async fn schema_status(&self) -> Result<SchemaStatus, StoreError> {
        let migrations = match self.engine {
            Pools::Postgres(_) => POSTGRES.iter(),
            Pools::Sqlite(_) => SQLITE.iter(),
        };
        let known = migrations.map(|migration| migration.version).max();
        let mut reader = self.reader().await?;
        let applied = crate::fetch_optional!(
            &mut reader.conn(),
            (Option<i64>,),
            "SELECT MAX(version) FROM _sqlx_migrations WHERE success"
        )?;
        Ok(SchemaStatus {
            applied: applied.and_then(|(version,)| version),
            known: known.unwrap_or_default(),
        })
    }
}
