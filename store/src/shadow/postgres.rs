//! What only PostgreSQL does.

use futures::TryStreamExt as _;
use sqlx::{Executor as _, PgConnection, PgPool, error::DatabaseError};

use super::REPLAYED;
use crate::{StoreError, postgres::link};

/// What the name of a copy begins with that holds what the live table held.
const STOOD: &str = "stood_";

/// How long a swap waits for others to let go of all tables. Whoever wants one of them after it waits
/// behind it for as long. (`lock_timeout` would count for each table anew.)
const LOCK_LIMIT: &str = "SET LOCAL statement_timeout = '100ms'";

/// For what comes after it.
const NO_LIMIT: &str = "SET LOCAL statement_timeout TO DEFAULT";

/// What PostgreSQL says when it is over (manual, appendix A: `query_canceled`).
const QUERY_CANCELED: &str = "57014";

/// How much of a table is copied in one transaction. While one is under way, the readers of the log wait.
const SLICE: usize = 4 << 20;

const TABLES_LIKE: &str = "SELECT tablename::text FROM pg_tables \
     WHERE schemaname = current_schema() AND tablename LIKE replace($1, '_', '\\_')";

/// Names the right to rebuild.
const CLAIM: &str = "hashtextextended('projections rebuild', 0)";

/// Copies of the tables, on a connection of their own.
pub(super) struct Copies {
    pub(super) connection: PgConnection,
    /// What sees the instant that the copies are compared with.
    frozen: Option<PgConnection>,
}

impl Copies {
    /// With the right to rebuild: nobody else has it until it is given back, or this connection ends.
    pub(super) async fn claim(pool: &PgPool) -> Result<Self, StoreError> {
        let mut connection = link(pool).await?;
        let sql = format!("SELECT pg_try_advisory_lock({CLAIM})");
        let free: bool = sqlx::query_scalar(&sql).fetch_one(&mut connection).await?;
        let frozen = None;
        free.then_some(Self { connection, frozen })
            .ok_or(StoreError::RebuildUnderWay)
    }

    pub(super) async fn give_back_claim(&mut self) -> Result<(), StoreError> {
        run!(self.connection, "SELECT pg_advisory_unlock({CLAIM})")?;
        Ok(())
    }

    /// To be compared with one instant, which the other connection sees too. Neither that looks can write,
    /// and so neither gets a number that the readers of the log would wait for. What fills the copies gets
    /// some: short transactions of their own, on another connection than the long one that looks.
    pub(super) async fn freeze(pool: &PgPool) -> Result<(Self, PgConnection), StoreError> {
        let mut one = link(pool).await?;
        let mut other = link(pool).await?;
        one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let snapshot: String = sqlx::query_scalar("SELECT pg_export_snapshot()")
            .fetch_one(&mut one)
            .await?;
        other
            .execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        run!(other, "SET TRANSACTION SNAPSHOT '{snapshot}'")?;
        let copies = Self {
            connection: link(pool).await?,
            frozen: Some(one),
        };
        Ok((copies, other))
    }

    pub(super) fn seeing_live_tables(&mut self) -> &mut PgConnection {
        self.frozen.as_mut().unwrap_or(&mut self.connection)
    }

    pub(super) async fn create(&mut self, tables: &[&str]) -> Result<(), StoreError> {
        let connection = &mut self.connection;
        // The copies stay in memory as far as this goes; the rest goes to files of their own.
        connection.execute("SET temp_buffers = '64MB'").await?;
        connection.execute("SET work_mem = '32MB'").await?;
        for table in tables {
            let copy = format!("{REPLAYED}{table}");
            run!(
                connection,
                "CREATE TEMPORARY TABLE {copy} (LIKE {table} INCLUDING ALL EXCLUDING INDEXES)"
            )?;
            let indexes = indexes(connection, table).await?;
            for index in indexes.iter().filter(|index| !index.is_rule()) {
                run!(connection, "{}", index.create(&copy, REPLAYED))?;
            }
        }
        Ok(())
    }

    pub(super) async fn drop_tables_like(&mut self, pattern: &str) -> Result<(), StoreError> {
        let query = sqlx::query_scalar(TABLES_LIKE).bind(pattern);
        let tables: Vec<String> = query.fetch_all(&mut self.connection).await?;
        for table in tables {
            run!(self.connection, "DROP TABLE IF EXISTS {table}")?;
        }
        Ok(())
    }

    /// The table as it is compared with its copy, beside that.
    pub(super) async fn stood(&mut self, table: &str) -> Result<String, StoreError> {
        let Some(frozen) = &mut self.frozen else {
            return Ok(table.to_owned());
        };
        let stood = format!("{STOOD}{table}");
        copy(frozen, &mut self.connection, table, &stood).await?;
        Ok(stood)
    }

    pub(super) async fn publish(
        &mut self,
        live: &str,
        copy: &str,
        new: &str,
        prefix: &str,
    ) -> Result<(), StoreError> {
        let connection = &mut self.connection;
        run!(
            connection,
            "CREATE TABLE {new} (LIKE {live} INCLUDING ALL EXCLUDING INDEXES)"
        )?;
        run!(connection, "INSERT INTO {new} SELECT * FROM {copy}")?;
        for index in indexes(connection, live).await? {
            run!(connection, "{}", index.create(new, prefix))?;
        }
        run!(connection, "ANALYZE {new}")?;
        Ok(())
    }
}

/// Copies a table as another connection sees it into a temporary one.
async fn copy(
    from: &mut PgConnection,
    to: &mut PgConnection,
    table: &str,
    new: &str,
) -> Result<(), StoreError> {
    run!(to, "CREATE TEMPORARY TABLE {new} (LIKE {table})")?;
    let insert = format!("COPY {new} FROM STDIN");
    let read = format!("COPY {table} TO STDOUT");
    let mut rows = from.copy_out_raw(&read).await?;
    let mut slice = Vec::new();
    loop {
        let row = rows.try_next().await?;
        if row.is_none() || slice.len() >= SLICE {
            let mut copy = to.copy_in_raw(&insert).await?;
            copy.send(slice.as_slice()).await?;
            copy.finish().await?;
            slice.clear();
        }
        match row {
            Some(row) => slice.extend_from_slice(&row),
            None => return Ok(()),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Index {
    name: String,
    /// For the index of a key: what follows its name in `ALTER TABLE … ADD CONSTRAINT`.
    constraint: Option<String>,
    unique: bool,
    primary: bool,
    /// `CREATE INDEX … USING …`.
    definition: String,
}

impl Index {
    /// Whether it is there to refuse actions, by a rule over a set.
    fn is_rule(&self) -> bool {
        self.unique && !self.primary
    }

    fn create(&self, table: &str, prefix: &str) -> String {
        let name = format!("{prefix}{}", self.name);
        if let Some(constraint) = &self.constraint {
            return format!("ALTER TABLE {table} ADD CONSTRAINT {name} {constraint}");
        }
        let unique = if self.unique { "UNIQUE " } else { "" };
        let columns = self.definition.find(" USING ").unwrap_or_default();
        let columns = &self.definition[columns..];
        format!("CREATE {unique}INDEX {name} ON {table}{columns}")
    }
}

async fn indexes(connection: &mut PgConnection, table: &str) -> Result<Vec<Index>, StoreError> {
    let indexes = sqlx::query_as(
        "SELECT c.relname::text AS name, pg_get_constraintdef(k.oid) AS constraint, \
                i.indisunique AS unique, i.indisprimary AS primary, \
                pg_get_indexdef(i.indexrelid) AS definition \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
              LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u') \
         WHERE i.indrelid = $1::regclass ORDER BY 1",
    );
    Ok(indexes.bind(table).fetch_all(connection).await?)
}

pub(super) async fn lock(
    connection: &mut PgConnection,
    tables: &[&str],
) -> Result<bool, StoreError> {
    connection.execute(LOCK_LIMIT).await?;
    let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "));
    match connection.execute(lock.as_str()).await {
        Ok(_) => {
            connection.execute(NO_LIMIT).await?;
            Ok(true)
        }
        Err(error) => {
            let database = error.as_database_error();
            let code = database.and_then(DatabaseError::code);
            if code.as_deref() == Some(QUERY_CANCELED) {
                Ok(false)
            } else {
                Err(error.into())
            }
        }
    }
}

pub(super) async fn take_over(
    connection: &mut PgConnection,
    live: &str,
    new: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    let names = indexes(connection, new).await?;
    let replace = format!("DROP TABLE {live}; ALTER TABLE {new} RENAME TO {live}");
    connection.execute(sqlx::raw_sql(&replace)).await?;
    for index in names {
        if let Some(name) = index.name.strip_prefix(prefix) {
            run!(connection, "ALTER INDEX {} RENAME TO {name}", index.name)?;
        }
    }
    Ok(())
}
