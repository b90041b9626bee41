//! What only SQLite does.

use std::{
    fs::{File, TryLockError},
    path::Path,
    time::Instant,
};

use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::time::sleep;

use crate::StoreError;

/// How many rows are copied while nobody else can write.
const SLICE: i64 = 4_000;

pub(super) const TABLES_LIKE: &str = "SELECT name FROM main.sqlite_master \
     WHERE type = 'table' AND name LIKE replace($1, '_', '\\_') ESCAPE '\\'";

/// The right to rebuild, until it is dropped; none while another process has it. SQLite has no lock that
/// would leave everybody else at their work.
pub(super) fn claim(database: &Path) -> Result<Option<File>, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push("-rebuild");
    let file = File::create(path).map_err(sqlx::Error::Io)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(sqlx::Error::Io(error).into()),
    }
}

/// Holds the instant that this connection sees, and gives the position of its last event. The log only
/// grows, and SQLite has one writer: up to there, every other connection sees the same.
pub(super) async fn freeze(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    connection.execute("BEGIN").await?;
    let sql = "SELECT COALESCE(MAX(position), 0) FROM events";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

pub(super) async fn create_copies(
    connection: &mut SqliteConnection,
    tables: &[&str],
) -> Result<(), StoreError> {
    // The copies stay in memory as far as this goes (64 MiB); the rest goes to a file that goes with
    // the connection.
    connection
        .execute("PRAGMA temp.cache_size = -65536")
        .await?;
    for table in tables {
        let copy = format!("{}{table}", super::REPLAYED);
        create(connection, table, "temp", &copy, super::REPLAYED, false).await?;
    }
    Ok(())
}

/// Fills the copies in one transaction, which touches nothing that others use: a transaction for each
/// statement takes three times as long. (On PostgreSQL it would hold up the readers of the log.)
pub(super) async fn begin(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("BEGIN").await?;
    Ok(())
}

/// Ends what [`begin`] began.
pub(super) async fn end(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("COMMIT").await?;
    Ok(())
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

pub(super) async fn count(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    Ok(sqlx::query_scalar(&sql).fetch_one(connection).await?)
}

/// The rows of one table that the other has not, as JSON, each after how many there are.
pub(super) async fn except(
    connection: &mut SqliteConnection,
    one: &str,
    other: &str,
    most: u32,
) -> Result<Vec<(i64, String)>, StoreError> {
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT '''' || name || ''', ' || name FROM pragma_table_info($1)")
            .bind(one)
            .fetch_all(&mut *connection)
            .await?;
    let sql = format!(
        "SELECT COUNT(*) OVER (), json_object({}) FROM (SELECT * FROM {one} EXCEPT SELECT * FROM {other}) LIMIT {most}",
        columns.join(", ")
    );
    Ok(sqlx::query_as(&sql).fetch_all(connection).await?)
}

/// In slices: while one is copied, nobody else can write. Between two, others come first for as long as
/// the last one took; what was written goes from the write-ahead log to the file meanwhile, which keeps
/// nobody from writing, and would otherwise be done by whoever writes next.
pub(super) async fn publish(
    connection: &mut SqliteConnection,
    live: &str,
    copy: &str,
    new: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    // What this connection writes counts only once another one has swapped it in, and that one waits
    // for the disk, for all that was written before too.
    connection.execute("PRAGMA synchronous = NORMAL").await?;
    connection.execute("PRAGMA wal_autocheckpoint = 0").await?;
    create(connection, live, "main", new, prefix, true).await?;
    let sql = format!("SELECT COALESCE(MAX(rowid), 0) FROM temp.{copy}");
    let last: i64 = sqlx::query_scalar(&sql).fetch_one(&mut *connection).await?;
    let fill = format!(
        "INSERT INTO main.{new} SELECT * FROM temp.{copy} WHERE rowid > $1 AND rowid <= $2"
    );
    let mut from = 0;
    while from < last {
        let started = Instant::now();
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let query = sqlx::query(&fill).bind(from).bind(from + SLICE);
        query.execute(&mut *tx).await?;
        tx.commit().await?;
        from += SLICE;
        let copied = Instant::now();
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
        sleep((copied - started).saturating_sub(copied.elapsed())).await;
    }
    Ok(())
}

/// Nothing in a read model is personal: overwriting it would keep writers waiting for nothing.
pub(super) async fn drop_table(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<(), StoreError> {
    connection.execute("PRAGMA secure_delete = OFF").await?;
    let drop = format!("DROP TABLE IF EXISTS main.{table}");
    let dropped = connection.execute(drop.as_str()).await;
    connection.execute("PRAGMA secure_delete = ON").await?;
    dropped?;
    Ok(())
}

/// Unlike a table, an index cannot be renamed by a statement: its name is changed where the schema is
/// kept, which SQLite's manual allows for what changes nothing in the file's content ("ALTER TABLE",
/// section 7). Names matter to later migrations.
pub(super) async fn take_over(
    connection: &mut SqliteConnection,
    live: &str,
    new: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    drop_table(connection, live).await?;
    connection.execute("PRAGMA writable_schema = ON").await?;
    sqlx::query(
        "UPDATE main.sqlite_master \
         SET name = substr(name, $2), sql = replace(sql, name, substr(name, $2)) \
         WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL",
    )
    .bind(new)
    .bind(i64::try_from(prefix.len() + 1).unwrap_or(i64::MAX))
    .execute(&mut *connection)
    .await?;
    connection
        .execute(format!("ALTER TABLE main.{new} RENAME TO {live}").as_str())
        .await?;
    Ok(())
}

pub(super) async fn reload_schema(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("PRAGMA writable_schema = RESET").await?;
    Ok(())
}
