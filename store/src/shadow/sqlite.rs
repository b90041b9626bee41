//! What only SQLite does.

use std::{
    fs::{File, TryLockError},
    path::Path,
    time::Instant,
};

use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection, SqlitePool};
use tokio::time::sleep;

use super::REPLAYED;
use crate::{Change, Conn, StoreError};

/// How many rows are copied, or removed, while nobody else can write.
const SLICE: i64 = 4_000;

/// After each slice others come first for so many times as long. Who waits for SQLite looks again after ever
/// longer times: most looks must find it free.
const PAUSE: u32 = 3;

const TABLES_LIKE: &str = "SELECT name FROM main.sqlite_master \
     WHERE type = 'table' AND name LIKE replace($1, '_', '\\_') ESCAPE '\\'";

/// Copies of the tables, on a connection of their own.
pub(super) struct Copies {
    pub(super) connection: SqliteConnection,
    /// The right to rebuild, which goes with it. Without it, this looks at one instant: it is in a transaction.
    claim: Option<File>,
}

impl Copies {
    /// With the right to rebuild. SQLite has no lock that would leave everybody else at their work.
    pub(super) async fn claim(pool: &SqlitePool) -> Result<Self, StoreError> {
        let options = pool.connect_options();
        let mut connection = options.connect().await?;
        hold_up_least(&mut connection).await?;
        let claim = Some(lock_beside(options.get_filename())?);
        Ok(Self { connection, claim })
    }

    /// To be compared with one instant, which another connection sees too, up to a position. The log only
    /// grows, and SQLite has one writer: up to there, every other connection sees the same.
    pub(super) async fn freeze(
        pool: &SqlitePool,
    ) -> Result<(Self, SqliteConnection, i64), StoreError> {
        let options = pool.connect_options();
        let mut connection = options.connect().await?;
        let other = options.connect().await?;
        connection.execute("BEGIN").await?;
        let sql = "SELECT COALESCE(MAX(position), 0) FROM events";
        let last = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        let claim = None;
        Ok((Self { connection, claim }, other, last))
    }

    pub(super) async fn create(&mut self, tables: &[&str]) -> Result<(), StoreError> {
        let connection = &mut self.connection;
        // The copies stay in memory as far as this goes (16 MiB); the rest goes to a file that goes with
        // the connection. With four times as much, a rebuild takes as long.
        connection
            .execute("PRAGMA temp.cache_size = -16384")
            .await?;
        for table in tables {
            let copy = format!("{REPLAYED}{table}");
            create(connection, table, "temp", &copy, REPLAYED, false).await?;
        }
        Ok(())
    }

    pub(super) async fn drop_tables_like(&mut self, pattern: &str) -> Result<(), StoreError> {
        let query = sqlx::query_scalar(TABLES_LIKE).bind(pattern);
        let tables: Vec<String> = query.fetch_all(&mut self.connection).await?;
        for table in tables {
            drop_table(&mut self.connection, &table).await?;
        }
        Ok(())
    }

    /// Makes these changes in one transaction: one for each statement takes longer. It ends with them, since
    /// it sees the live tables too (through `json_each`, a table of theirs to SQLite): while one sees them,
    /// the write-ahead log grows, and who writes next would have all of it to clear away.
    pub(super) async fn change(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        if self.claim.is_none() {
            let mut conn = Conn::Sqlite(&mut self.connection);
            return conn.change(changes, REPLAYED).await;
        }
        let mut tx = self.connection.begin().await?;
        Conn::Sqlite(&mut tx).change(changes, REPLAYED).await?;
        tx.commit().await?;
        Ok(())
    }

    /// In slices: while one is copied, nobody else can write.
    pub(super) async fn publish(
        &mut self,
        live: &str,
        copy: &str,
        new: &str,
        prefix: &str,
    ) -> Result<(), StoreError> {
        let connection = &mut self.connection;
        create(connection, live, "main", new, prefix, true).await?;
        let sql = format!("SELECT COALESCE(MAX(rowid), 0) FROM temp.{copy}");
        let last: i64 = sqlx::query_scalar(&sql).fetch_one(&mut *connection).await?;
        let fill = format!(
            "INSERT INTO main.{new} SELECT * FROM temp.{copy} WHERE rowid > $1 AND rowid <= $2"
        );
        let mut from = 0;
        while from < last {
            let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
            let began = Instant::now();
            let query = sqlx::query(&fill).bind(from).bind(from + SLICE);
            query.execute(&mut *tx).await?;
            tx.commit().await?;
            from += SLICE;
            give_way(connection, began).await?;
        }
        Ok(())
    }
}

/// The right to rebuild, until it is dropped.
fn lock_beside(database: &Path) -> Result<File, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push("-rebuild");
    let file = File::create(path).map_err(sqlx::Error::Io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::RebuildUnderWay),
        Err(TryLockError::Error(error)) => Err(sqlx::Error::Io(error).into()),
    }
}

/// An empty table with the columns and the indexes of another, and with its `rules` or without: the
/// unique indexes that are there to refuse actions.
async fn create(
    connection: &mut SqliteConnection,
    live: &str,
    schema: &str,
    new: &str,
    prefix: &str,
    rules: bool,
) -> Result<(), StoreError> {
    let definitions: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT type, name, sql FROM main.sqlite_master \
         WHERE tbl_name = $1 AND sql IS NOT NULL ORDER BY type DESC",
    )
    .bind(live)
    .fetch_all(&mut *connection)
    .await?;
    for (kind, name, definition) in definitions {
        let columns = definition.find('(').unwrap_or_default();
        let columns = &definition[columns..];
        let sql = if kind == "table" {
            format!("CREATE TABLE {schema}.{new}\n{columns}")
        } else {
            let unique = match (definition.contains(" UNIQUE "), rules) {
                (true, false) => continue,
                (true, true) => "UNIQUE ",
                (false, _) => "",
            };
            format!("CREATE {unique}INDEX {schema}.{prefix}{name} ON {new} {columns}")
        };
        connection.execute(sql.as_str()).await?;
    }
    Ok(())
}

/// SQL for a row of a table as JSON.
pub(super) async fn row_to_json(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<String, StoreError> {
    let sql = "SELECT '''' || name || ''', ' || name FROM pragma_table_info($1)";
    let columns = sqlx::query_scalar(sql).bind(table);
    let columns: Vec<String> = columns.fetch_all(connection).await?;
    Ok(format!("json_object({})", columns.join(", ")))
}

/// Lets this connection do the least while it keeps others from writing. It need not wait for the disk: what
/// it writes counts only once another connection has swapped it in, and that one waits for all that was
/// written before too. It need not overwrite what it removes: nothing in a read model is personal.
async fn hold_up_least(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("PRAGMA synchronous = NORMAL").await?;
    connection.execute("PRAGMA wal_autocheckpoint = 0").await?;
    connection.execute("PRAGMA secure_delete = OFF").await?;
    Ok(())
}

/// Lets others come first after a slice that began then. What was written goes from the write-ahead log to
/// the file meanwhile, which keeps nobody from writing, and would otherwise be done by whoever writes next.
async fn give_way(connection: &mut SqliteConnection, began: Instant) -> Result<(), StoreError> {
    let ended = Instant::now();
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
    let pause = (ended - began) * PAUSE;
    sleep(pause.saturating_sub(ended.elapsed())).await;
    Ok(())
}

/// In slices: freeing all pages of a table at once would keep writers waiting.
async fn drop_table(connection: &mut SqliteConnection, table: &str) -> Result<(), StoreError> {
    loop {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let began = Instant::now();
        let gone = drop_index_or_slice(&mut tx, table).await?;
        tx.commit().await?;
        give_way(connection, began).await?;
        if gone {
            return Ok(());
        }
    }
}

/// Says whether the table is gone.
async fn drop_index_or_slice(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT name FROM main.sqlite_master \
               WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL";
    let index = sqlx::query_scalar(sql).bind(table);
    let index: Option<String> = index.fetch_optional(&mut *connection).await?;
    if let Some(index) = index {
        run!(connection, "DROP INDEX main.{index}")?;
        return Ok(false);
    }
    let slice = format!("SELECT rowid FROM main.{table} LIMIT {SLICE}");
    let delete = format!("DELETE FROM main.{table} WHERE rowid IN ({slice})");
    if connection.execute(delete.as_str()).await?.rows_affected() > 0 {
        return Ok(false);
    }
    run!(connection, "DROP TABLE main.{table}")?;
    Ok(true)
}

/// Puts one table in the place of another, which goes on under a name of the same prefix: reading all of its
/// pages to free them would keep writers waiting.
pub(super) async fn take_over(
    connection: &mut SqliteConnection,
    live: &str,
    new: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    connection.execute("PRAGMA writable_schema = ON").await?;
    let former = format!("{prefix}former_");
    rename(connection, live, &format!("{former}{live}"), "", &former).await?;
    rename(connection, new, live, prefix, "").await
}

/// Renames a table, and the prefix of its indexes. Unlike a table, an index cannot be renamed by a
/// statement: its name is changed where the schema is kept, which SQLite's manual allows for what changes
/// nothing in the file's content ("ALTER TABLE", section 7). Names matter to later migrations.
async fn rename(
    connection: &mut SqliteConnection,
    table: &str,
    to: &str,
    prefix: &str,
    new_prefix: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE main.sqlite_master \
         SET name = $3 || substr(name, $2), sql = replace(sql, name, $3 || substr(name, $2)) \
         WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL",
    )
    .bind(table)
    .bind(i64::try_from(prefix.len() + 1).unwrap_or(i64::MAX))
    .bind(new_prefix)
    .execute(&mut *connection)
    .await?;
    run!(connection, "ALTER TABLE main.{table} RENAME TO {to}")?;
    Ok(())
}

pub(super) async fn reload_schema(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("PRAGMA writable_schema = RESET").await?;
    Ok(())
}
