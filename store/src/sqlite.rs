//! What only SQLite does.

use std::{fmt::Write as _, path::Path, str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use domain::values::Uai;
use serde_json::{Value, json};
use sqlx::{
    ConnectOptions, Connection as _, Executor, Sqlite, SqliteConnection, SqlitePool,
    query::QueryScalar,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use tokio::time::sleep;

use crate::{
    Checkpoint, LogPage, Rows, StoreError,
    engine::SqlitePools,
    packed::{PACKED, Packed},
    page::PageRows,
    raw::sqlite_instant,
    rows::Column,
};

/// How long a writer waits for another process (the command line beside a server).
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long emptying the write-ahead log waits for readers, writers being kept out meanwhile; how often it
/// tries, and how long writers have between two attempts.
const CLEANING_TIMEOUT: Duration = Duration::from_millis(100);
const CLEANING_ATTEMPTS: u32 = 10;
const CLEANING_PAUSE: Duration = Duration::from_millis(200);

/// Readers beside the one writer; SQLite runs each on a thread of its own.
const READERS: u32 = 4;

/// The one writer's pool, and the readers'; the file and its folder are created when missing, if they may be.
pub(crate) async fn connect(url: &str, create: bool) -> Result<SqlitePools, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        // An action that was answered must survive a power cut, not only a crash.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        // What is removed is overwritten: an erased name must not stay in a free page.
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    if create
        && let Some(folder) = options.get_filename().parent()
        && folder != Path::new("")
    {
        std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
    }
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false)
        // SQLite rolls back by itself when it cannot write, on a full disk say. The driver still counts a
        // transaction then, and would begin no other one.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .connect_with(options.clone())
        .await?;
    let read = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok(SqlitePools { write, read })
}

pub(crate) async fn read_page(
    connection: &mut SqliteConnection,
    after: Checkpoint,
    limit: u32,
) -> Result<Packed, StoreError> {
    let sql = format!(
        "SELECT group_concat(event, '') FROM \
             (SELECT {PACKED} AS event FROM events WHERE position > $1 ORDER BY position LIMIT $2)"
    );
    let query = sqlx::query_scalar(&sql).bind(after.position);
    packed(query.bind(i64::from(limit)), connection).await
}

/// The places of the next events after a checkpoint, and their digests one after the other.
pub(crate) async fn read_digests(
    pool: &SqlitePool,
    after: Checkpoint,
    limit: u32,
) -> Result<(Vec<Checkpoint>, Vec<u8>), StoreError> {
    let (positions, digests): (String, Vec<u8>) = sqlx::query_as(
        "SELECT COALESCE(json_group_array(position), '[]'), COALESCE(group_concat(digest, ''), '') \
         FROM (SELECT position, digest FROM events WHERE position > $1 ORDER BY position LIMIT $2)",
    )
    .bind(after.position)
    .bind(i64::from(limit))
    .fetch_one(pool)
    .await?;
    let positions: Vec<i64> = serde_json::from_str(&positions)?;
    let places = positions.into_iter().map(|position| Checkpoint {
        transaction: 0,
        position,
    });
    Ok((places.collect(), digests))
}

/// What happened, without who did it.
pub(crate) async fn read_establishment(
    connection: &mut SqliteConnection,
    establishment: &Uai,
    until: DateTime<Utc>,
    condition: &str,
) -> Result<LogPage, StoreError> {
    let sql = format!(
        "SELECT group_concat(event, '') FROM \
             (SELECT {PACKED} AS event FROM \
                  (SELECT position, sequence, aggregate_type, aggregate_id, event_type, \
                          event_version, payload, '' AS metadata, recorded_at, establishment, \
                          NULL AS digest \
                   FROM events \
                   WHERE establishment = $1 AND recorded_at <= $2 AND {condition}) \
              ORDER BY position)"
    );
    let query = sqlx::query_scalar(&sql).bind(establishment.as_str());
    let packed = packed(query.bind(until), connection).await?;
    Ok(LogPage(PageRows::Sqlite(packed)))
}

/// What happened in each establishment since the last event of this type of its own stream, which is left
/// out. One statement each, since SQLite is not far away, and gives them in order along its index.
pub(crate) async fn read_since(
    connection: &mut SqliteConnection,
    establishments: &[Uai],
    (aggregate_type, event_type): (&'static str, &'static str),
) -> Result<Vec<LogPage>, StoreError> {
    let sql = format!(
        "SELECT group_concat(event, '') FROM \
             (SELECT {PACKED} AS event FROM events \
              WHERE establishment = $1 AND aggregate_type <> '{aggregate_type}' \
                AND position > (SELECT COALESCE(MAX(position), 0) FROM events \
                                WHERE aggregate_type = '{aggregate_type}' AND aggregate_id = $1 \
                                  AND event_type = '{event_type}') \
              ORDER BY position)"
    );
    let mut pages = Vec::with_capacity(establishments.len());
    for establishment in establishments {
        let query = sqlx::query_scalar(&sql).bind(establishment.as_str());
        let packed = packed(query, connection).await?;
        pages.push(LogPage(PageRows::Sqlite(packed)));
    }
    Ok(pages)
}

async fn packed<'q>(
    query: QueryScalar<'q, Sqlite, Option<Vec<u8>>, SqliteArguments<'q>>,
    connection: &mut SqliteConnection,
) -> Result<Packed, StoreError> {
    Packed::new(query.fetch_one(connection).await?.unwrap_or_default())
}

/// `(SELECT value ->> 0 AS name, … FROM json_each($1)) AS rows`: one array per row.
pub(crate) fn rows_source(rows: &Rows) -> String {
    let mut columns = String::new();
    for (index, (name, column)) in rows.columns.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = match column {
            Column::Bytes(_) => write!(columns, "{comma}unhex(value ->> {index}) AS {name}"),
            _ => write!(columns, "{comma}value ->> {index} AS {name}"),
        };
    }
    format!("(SELECT {columns} FROM json_each($1)) AS rows")
}

pub(crate) fn rows_json(rows: Rows) -> Result<String, StoreError> {
    let mut table = vec![Vec::with_capacity(rows.columns.len()); rows.len()];
    for (_, column) in rows.columns {
        let values: Vec<Value> = match column {
            Column::Text(values) => values.into_iter().map(|value| json!(value)).collect(),
            Column::Integer(values) => values.into_iter().map(|value| json!(value)).collect(),
            Column::Time(values) => values
                .into_iter()
                .map(|value| json!(sqlite_instant(value)))
                .collect(),
            Column::Bytes(values) => values
                .iter()
                .map(|value| json!(hex::encode(value)))
                .collect(),
        };
        for (row, value) in table.iter_mut().zip(values) {
            row.push(value);
        }
    }
    Ok(serde_json::to_string(&table)?)
}

/// Removes the samples that `ANALYZE` took of indexed columns; then brings everything from the write-ahead
/// log into the database file and empties it, as soon as nobody reads an older state. Says whether it could.
///
/// While it waits for readers it keeps writers out: it waits for a moment only, and lets them in between.
pub(crate) async fn clean_files(write: &SqlitePool) -> Result<bool, StoreError> {
    let mut connection = write.acquire().await?;
    connection
        .execute("DROP TABLE IF EXISTS sqlite_stat4")
        .await?;
    set_busy_timeout(&mut connection, CLEANING_TIMEOUT).await?;
    let emptied = empty_wal(&mut connection).await;
    set_busy_timeout(&mut connection, BUSY_TIMEOUT).await?;
    emptied
}

async fn set_busy_timeout(
    connection: &mut SqliteConnection,
    timeout: Duration,
) -> Result<(), StoreError> {
    let sql = format!("PRAGMA busy_timeout = {}", timeout.as_millis());
    connection.execute(&*sql).await?;
    Ok(())
}

async fn empty_wal(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    for attempt in 0..CLEANING_ATTEMPTS {
        if attempt > 0 {
            sleep(CLEANING_PAUSE).await;
        }
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *connection)
            .await?;
        if busy == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
