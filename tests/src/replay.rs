//! Live read models must be what the log makes of an empty database.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::ensure;
use chrono::DateTime;
use serde_json::Value;
use store::{Checkpoint, Conn, EventRecord, Store};
use tokio::time::sleep;

/// How many events a replay applies at once. Not a divisor of anything an action appends: a replay
/// must give the same rows however the log is cut.
const PAGE: u32 = 97;

/// How long transactions may take to end once nobody begins any.
const SETTLED: Duration = Duration::from_secs(10);

/// Replays the whole log into an empty database, and fails at the first table whose rows differ.
/// Nobody may write meanwhile.
pub async fn compare(live: &Store) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("replay.db").display());
    let fresh = Store::connect(&url, projections::all()).await?;
    fresh.migrate().await?;
    replay(&read_log(live, PAGE).await?, &fresh).await?;

    let (mut live, mut replayed) = (live.reader().await?, fresh.reader().await?);
    for projection in fresh.projections() {
        for table in projection.tables() {
            let live = rows(&mut live.conn(), table).await?;
            let replayed = rows(&mut replayed.conn(), table).await?;
            ensure!(
                live == replayed,
                "table {table} is not what the log says.\nOnly live: {:#?}\nOnly replayed: {:#?}",
                live.difference(&replayed).collect::<Vec<_>>(),
                replayed.difference(&live).collect::<Vec<_>>()
            );
        }
    }
    drop(replayed);
    fresh.close().await;
    Ok(())
}

/// The whole log, read in pages, once nobody writes any more. A transaction that still ends, of a
/// server that was killed say, holds the reading back: it is waited for.
pub async fn read_log(store: &Store, page: u32) -> anyhow::Result<Vec<EventRecord>> {
    let started = Instant::now();
    loop {
        let log = read_pages(store, page).await?;
        let mut reader = store.reader().await?;
        let sql = "SELECT COUNT(*) FROM events";
        let count = store::fetch_optional!(&mut reader.conn(), (i64,), sql)?;
        let read = i64::try_from(log.len())?;
        if count == Some((read,)) {
            return Ok(log);
        }
        ensure!(
            started.elapsed() < SETTLED,
            "read {read} events out of {count:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

async fn read_pages(store: &Store, page: u32) -> anyhow::Result<Vec<EventRecord>> {
    let mut log = Vec::new();
    let mut checkpoint = Checkpoint::default();
    loop {
        let events = store.read_after(checkpoint, page).await?;
        let Some(last) = events.last() else {
            return Ok(log);
        };
        ensure!(
            last.checkpoint > checkpoint,
            "the order of the log goes back"
        );
        checkpoint = last.checkpoint;
        log.extend(events.into_iter().map(|event| event.record));
    }
}

async fn replay(log: &[EventRecord], store: &Store) -> anyhow::Result<()> {
    let mut transaction = store.begin().await?;
    for events in log.chunks(PAGE as usize) {
        for projection in store.projections() {
            let changes = projection.apply(events);
            transaction.conn().change(changes, "").await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Everything in the database, table by table: what somebody has who gets a copy of it.
pub async fn dump(store: &Store) -> anyhow::Result<String> {
    let mut reader = store.reader().await?;
    let mut conn = reader.conn();
    let names = match &conn {
        Conn::Postgres(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        Conn::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
    };
    let mut dump = String::new();
    for (table,) in store::fetch_all!(&mut conn, (String,), names)? {
        // Of the migrations, which SQLite cannot show as JSON.
        if table.starts_with("_sqlx") {
            continue;
        }
        for row in rows(&mut conn, &table).await? {
            writeln!(dump, "{table}: {row}")?;
        }
    }
    Ok(dump)
}

/// The rows of a table, each as JSON that does not depend on the engine.
pub async fn rows(conn: &mut Conn<'_>, table: &str) -> anyhow::Result<BTreeSet<String>> {
    let rows: Vec<String> = match conn {
        Conn::Postgres(connection) => {
            let sql = format!("SELECT row_to_json(t)::text FROM {table} t");
            sqlx::query_scalar(&sql)
                .fetch_all(&mut **connection)
                .await?
        }
        Conn::Sqlite(connection) => {
            let columns: Vec<String> = sqlx::query_scalar(
                // JSON has no bytes: as PostgreSQL shows them.
                "SELECT replace('''?'', iif(typeof(?) = ''blob'', ''\\x'' || lower(hex(?)), ?)', '?', name) \
                 FROM pragma_table_info($1)",
            )
            .bind(table)
            .fetch_all(&mut **connection)
            .await?;
            ensure!(!columns.is_empty(), "there is no table {table}");
            let sql = format!("SELECT json_object({}) FROM {table}", columns.join(", "));
            sqlx::query_scalar(&sql)
                .fetch_all(&mut **connection)
                .await?
        }
    };
    let count = rows.len();
    let rows: BTreeSet<String> = rows
        .iter()
        .map(|row| normal(row))
        .collect::<Result<_, _>>()?;
    ensure!(rows.len() == count, "two rows of {table} are the same");
    Ok(rows)
}

/// One form for what the engines write in several: the order of the columns, and instants.
fn normal(row: &str) -> anyhow::Result<String> {
    let mut row: serde_json::Map<String, Value> = serde_json::from_str(row)?;
    for value in row.values_mut() {
        let instant = value.as_str().map(DateTime::parse_from_rfc3339);
        if let Some(Ok(instant)) = instant {
            *value = format!("{} µs", instant.timestamp_micros()).into();
        }
    }
    let sorted: BTreeMap<_, _> = row.into_iter().collect();
    Ok(serde_json::to_string(&sorted)?)
}
