//! What only PostgreSQL does.

use futures::TryStreamExt as _;
use sqlx::{Executor as _, PgConnection, Row as _, error::DatabaseError};

use crate::StoreError;

/// How long a swap waits for others to let go of all tables. Whoever wants one of them after it waits
/// behind it for as long. (`lock_timeout` would count for each table anew.)
const LOCK_LIMIT: &str = "SET LOCAL statement_timeout = '100ms'";

/// For what comes after it.
const NO_LIMIT: &str = "SET LOCAL statement_timeout TO DEFAULT";

/// What PostgreSQL says when it is over (manual, appendix A: `query_canceled`).
const QUERY_CANCELED: &str = "57014";

/// How much of a table is copied in one transaction. While one is under way, the readers of the log wait.
const SLICE: usize = 4 << 20;

pub(super) const TABLES_LIKE: &str = "SELECT tablename::text FROM pg_tables \
     WHERE schemaname = current_schema() AND tablename LIKE replace($1, '_', '\\_')";

/// Names the right to rebuild.
const CLAIM: &str = "hashtextextended('projections rebuild', 0)";

/// Whether nobody else rebuilds; nobody then does until it is given back, or this connection ends.
pub(super) async fn claim(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let sql = format!("SELECT pg_try_advisory_lock({CLAIM})");
    Ok(sqlx::query_scalar(&sql).fetch_one(connection).await?)
}

pub(super) async fn give_back_claim(connection: &mut PgConnection) -> Result<(), StoreError> {
    let unlock = format!("SELECT pg_advisory_unlock({CLAIM})");
    connection.execute(unlock.as_str()).await?;
    Ok(())
}

/// Lets both see one instant. Neither can write, and so neither gets a number that the readers of the log
/// would wait for.
pub(super) async fn freeze(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<(), StoreError> {
    one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let snapshot: (String,) = sqlx::query_as("SELECT pg_export_snapshot()")
        .fetch_one(one)
        .await?;
    other
        .execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let adopt = format!("SET TRANSACTION SNAPSHOT '{}'", snapshot.0);
    other.execute(adopt.as_str()).await?;
    Ok(())
}

pub(super) async fn create_copies(
    connection: &mut PgConnection,
    tables: &[&str],
) -> Result<(), StoreError> {
    // The copies stay in memory as far as this goes; the rest goes to files of their own.
    connection.execute("SET temp_buffers = '64MB'").await?;
    connection.execute("SET work_mem = '32MB'").await?;
    for table in tables {
        let copy = format!("{}{table}", super::REPLAYED);
        let create =
            format!("CREATE TEMPORARY TABLE {copy} (LIKE {table} INCLUDING ALL EXCLUDING INDEXES)");
        connection.execute(create.as_str()).await?;
        let indexes = indexes(connection, table).await?;
        for index in indexes.iter().filter(|index| !index.is_rule()) {
            let create = index.create(&copy, super::REPLAYED);
            connection.execute(create.as_str()).await?;
        }
    }
    Ok(())
}

pub(super) async fn count(connection: &mut PgConnection, table: &str) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    Ok(sqlx::query_scalar(&sql).fetch_one(connection).await?)
}

/// The rows of one table that the other has not, as JSON, each after how many there are.
pub(super) async fn except(
    connection: &mut PgConnection,
    one: &str,
    other: &str,
    most: u32,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) OVER (), row_to_json(d)::text FROM (SELECT * FROM {one} EXCEPT SELECT * FROM {other}) d \
         LIMIT {most}"
    );
    Ok(sqlx::query_as(&sql).fetch_all(connection).await?)
}

/// Copies a table as another connection sees it into a temporary one.
pub(super) async fn copy(
    from: &mut PgConnection,
    to: &mut PgConnection,
    table: &str,
    new: &str,
) -> Result<(), StoreError> {
    let create = format!("CREATE TEMPORARY TABLE {new} (LIKE {table})");
    to.execute(create.as_str()).await?;
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

pub(super) async fn drop_table(
    connection: &mut PgConnection,
    table: &str,
) -> Result<(), StoreError> {
    let drop = format!("DROP TABLE IF EXISTS {table}");
    connection.execute(drop.as_str()).await?;
    Ok(())
}

pub(super) async fn publish(
    connection: &mut PgConnection,
    live: &str,
    copy: &str,
    new: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    let create = format!("CREATE TABLE {new} (LIKE {live} INCLUDING ALL EXCLUDING INDEXES)");
    connection.execute(create.as_str()).await?;
    let fill = format!("INSERT INTO {new} SELECT * FROM {copy}");
    connection.execute(fill.as_str()).await?;
    for index in indexes(connection, live).await? {
        connection
            .execute(index.create(new, prefix).as_str())
            .await?;
    }
    connection
        .execute(format!("ANALYZE {new}").as_str())
        .await?;
    Ok(())
}

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
    let rows = sqlx::query(
        "SELECT c.relname::text, pg_get_constraintdef(k.oid), i.indisunique, \
                i.indisprimary, pg_get_indexdef(i.indexrelid) \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
              LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u') \
         WHERE i.indrelid = $1::regclass ORDER BY 1",
    )
    .bind(table)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Index {
                name: row.try_get(0)?,
                constraint: row.try_get(1)?,
                unique: row.try_get(2)?,
                primary: row.try_get(3)?,
                definition: row.try_get(4)?,
            })
        })
        .collect()
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
            let rename = format!("ALTER INDEX {} RENAME TO {name}", index.name);
            connection.execute(rename.as_str()).await?;
        }
    }
    Ok(())
}
