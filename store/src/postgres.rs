//! What only PostgreSQL does.

use std::{fmt::Write as _, str::FromStr, time::Duration};

use domain::values::Uai;
use sqlx::{
    ConnectOptions, PgConnection, PgPool, Postgres,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions},
    query::Query,
};

use crate::{
    Append, Checkpoint, Guard, Rows, StoreError, StreamId, append::GUARDED_TYPE, load::LoadedRow,
    log::LogRow, rows::Column,
};

/// Enough to keep a small database server busy; several application servers share it.
const MAX_CONNECTIONS: u32 = 16;

pub(crate) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("monstage")
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        // A ping before each use would cost a round trip for every request; a connection that died
        // is found at its first statement, where the action is tried again.
        .test_before_acquire(false)
        .connect_with(options)
        .await?)
}

pub(crate) async fn load(pool: &PgPool, ids: &[StreamId]) -> Result<Vec<LoadedRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT wanted.stream - 1 AS stream, e.sequence, e.event_type, e.event_version, \
                e.payload::text AS payload \
         FROM UNNEST($1::text[], $2::text[]) \
              WITH ORDINALITY AS wanted(aggregate_type, aggregate_id, stream) \
         JOIN events e USING (aggregate_type, aggregate_id) \
         ORDER BY wanted.stream, e.sequence",
    )
    .bind(types(ids.iter()))
    .bind(names(ids.iter()))
    .fetch_all(pool)
    .await?)
}

fn types<'a>(ids: impl Iterator<Item = &'a StreamId>) -> Vec<&'static str> {
    ids.map(|id| id.aggregate_type).collect()
}

fn names<'a>(ids: impl Iterator<Item = &'a StreamId>) -> Vec<&'a str> {
    ids.map(|id| id.aggregate_id.as_str()).collect()
}

pub(crate) async fn append(
    connection: &mut PgConnection,
    append: &Append,
) -> Result<(), StoreError> {
    let heads = heads_of_guarded_streams(append);
    if !heads.is_empty() {
        lock_heads(connection, &heads, "FOR UPDATE OF e").await?;
    }
    if !append.guards.is_empty() {
        let guards: Vec<&Guard> = append.guards.iter().collect();
        lock_heads(connection, &guards, "FOR SHARE OF e").await?;
        check_guards(connection, &guards).await?;
    }
    let rows = event_rows(append)?;
    let source = rows_source(&rows);
    let sql = format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                             payload, metadata, recorded_at, establishment) \
         SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, \
                payload::json, metadata::json, recorded_at, establishment \
         FROM {source} ORDER BY aggregate_type, aggregate_id, sequence"
    );
    bind_rows(sqlx::query(&sql), rows)
        .execute(connection)
        .await?;
    Ok(())
}

/// The last events of the guarded streams that this action appends to.
fn heads_of_guarded_streams(append: &Append) -> Vec<Guard> {
    let mut heads: Vec<Guard> = Vec::new();
    for event in &append.events {
        let known = heads.last().is_some_and(|head| head.stream == event.stream);
        if event.stream.aggregate_type == GUARDED_TYPE && event.sequence > 1 && !known {
            heads.push(Guard {
                stream: event.stream.clone(),
                version: event.sequence - 1,
            });
        }
    }
    heads
}

/// Holds the last event of each stream: who appends takes it for itself, who decides on it shares it.
async fn lock_heads<G: std::borrow::Borrow<Guard>>(
    connection: &mut PgConnection,
    guards: &[G],
    lock: &str,
) -> Result<(), StoreError> {
    let streams = || guards.iter().map(|guard| &guard.borrow().stream);
    let sql = format!(
        "SELECT 1 FROM events e \
         WHERE (e.aggregate_type, e.aggregate_id, e.sequence) IN \
               (SELECT * FROM UNNEST($1::text[], $2::text[], $3::bigint[])) \
         ORDER BY e.aggregate_type, e.aggregate_id {lock}"
    );
    sqlx::query(&sql)
        .bind(types(streams()))
        .bind(names(streams()))
        .bind(versions(guards))
        .execute(connection)
        .await?;
    Ok(())
}

/// A statement of its own, after the lock: only then does it see what committed while it waited.
async fn check_guards(connection: &mut PgConnection, guards: &[&Guard]) -> Result<(), StoreError> {
    let streams = || guards.iter().map(|guard| &guard.stream);
    let (current,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM UNNEST($1::text[], $2::text[], $3::bigint[]) \
                AS g(aggregate_type, aggregate_id, version) \
         WHERE g.version = (SELECT MAX(e.sequence) FROM events e \
                            WHERE e.aggregate_type = g.aggregate_type \
                              AND e.aggregate_id = g.aggregate_id)",
    )
    .bind(types(streams()))
    .bind(names(streams()))
    .bind(versions(guards))
    .fetch_one(connection)
    .await?;
    if usize::try_from(current) == Ok(guards.len()) {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
fn versions<G: std::borrow::Borrow<Guard>>(guards: &[G]) -> Vec<i64> {
    guards
        .iter()
        .map(|guard| guard.borrow().version as i64)
        .collect()
}

#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
pub(crate) fn event_rows(append: &Append) -> Result<Rows, StoreError> {
    let events = &append.events;
    let mut payloads = Vec::with_capacity(events.len());
    let mut metadata = Vec::with_capacity(events.len());
    for record in events {
        payloads.push(record.event.payload()?);
        metadata.push(serde_json::to_string(&record.metadata)?);
    }
    Ok(Rows::new()
        .text(
            "aggregate_type",
            events.iter().map(|e| e.stream.aggregate_type),
        )
        .text(
            "aggregate_id",
            events.iter().map(|e| &e.stream.aggregate_id),
        )
        .integer("sequence", events.iter().map(|e| e.sequence as i64))
        .text("event_type", events.iter().map(|e| e.event.event_type()))
        .text(
            "event_version",
            events.iter().map(|e| e.event.event_version()),
        )
        .text("payload", payloads)
        .text("metadata", metadata)
        .time("recorded_at", events.iter().map(|e| e.recorded_at))
        .text("establishment", events.iter().map(|e| &e.establishment)))
}

const LOG_COLUMNS: &str = "transaction_id, position, aggregate_type, aggregate_id, sequence, \
     event_type, event_version, payload::text, metadata::text, recorded_at, establishment";

pub(crate) async fn read_after(
    pool: &PgPool,
    after: Checkpoint,
    limit: u32,
) -> Result<Vec<LogRow>, StoreError> {
    let sql = format!(
        "SELECT {LOG_COLUMNS} FROM events \
         WHERE (transaction_id, position) > ($1, $2) \
           AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint \
         ORDER BY transaction_id, position LIMIT $3"
    );
    Ok(sqlx::query_as(&sql)
        .bind(after.transaction)
        .bind(after.position)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?)
}

pub(crate) async fn read_establishment(
    pool: &PgPool,
    uai: &Uai,
) -> Result<Vec<LogRow>, StoreError> {
    let sql =
        format!("SELECT {LOG_COLUMNS} FROM events WHERE establishment = $1 ORDER BY position");
    Ok(sqlx::query_as(&sql)
        .bind(uai.as_str())
        .fetch_all(pool)
        .await?)
}

/// `UNNEST($1::text[], …) AS rows(name, …)`: one array per column.
pub(crate) fn rows_source(rows: &Rows) -> String {
    let mut arrays = String::new();
    let mut names = String::new();
    for (index, (name, column)) in rows.columns.iter().enumerate() {
        let kind = match column {
            Column::Text(_) => "text",
            Column::Integer(_) => "bigint",
            Column::Time(_) => "timestamptz",
        };
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(arrays, "{comma}${}::{kind}[]", index + 1);
        let _ = write!(names, "{comma}{name}");
    }
    format!("UNNEST({arrays}) AS rows({names})")
}

pub(crate) fn bind_rows(
    mut query: Query<'_, Postgres, PgArguments>,
    rows: Rows,
) -> Query<'_, Postgres, PgArguments> {
    for (_, column) in rows.columns {
        query = match column {
            Column::Text(values) => query.bind(values),
            Column::Integer(values) => query.bind(values),
            Column::Time(values) => query.bind(values),
        };
    }
    query
}
