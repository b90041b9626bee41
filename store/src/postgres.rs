//! What only PostgreSQL does.

mod connections;
mod log;

use std::{fmt::Write as _, time::Duration};

use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};

pub(crate) use self::connections::{Cluster, connect, link};
pub(crate) use self::log::{
    LOG_COLUMNS, SETTLED, is_ahead_of_cluster, read_digests, read_establishment, read_page,
    read_since,
};
use crate::{
    Append, Conn, Rows, StoreError,
    action::{Effects, event_rows, guard_rows, insert_events},
    rows::Column,
};

/// Waits in line for each key. Two keys of one hash only wait for each other needlessly.
const QUEUE: &str = "SELECT COUNT(pg_advisory_xact_lock(hashtextextended(key, 0))) AS held \
     FROM UNNEST($1::text[]) AS key";

/// Whether an action can go as one statement: it locks no stream beforehand, nothing is asked after it,
/// and no table of a read model is written twice, since the parts of one statement do not see each other.
pub(crate) fn fits_one_statement(append: &Append, effects: &Effects) -> bool {
    let mut tables: Vec<&str> = effects.changes.iter().map(|change| change.table).collect();
    tables.sort_unstable();
    append.guards.is_empty()
        && append.heads.is_empty()
        && effects.checks.is_empty()
        && tables.windows(2).all(|pair| pair[0] != pair[1])
}

/// The events and the read models in one statement, which is a transaction by itself: one round trip
/// instead of four, and locks that are held for no round trip at all.
///
/// Where it waits in line, every part depends on that, and none gets the transaction its number before. They
/// then look at an older state than the one they wait for; what they write is judged by unique indexes,
/// which look at the present one.
pub(crate) async fn append_in_one_statement(
    connection: &mut PgConnection,
    append: &Append,
    Effects {
        changes, queues, ..
    }: Effects,
) -> Result<(), StoreError> {
    let waits = !queues.is_empty();
    let mut parts = Vec::with_capacity(changes.len() + 1);
    if waits {
        parts.push(format!("line AS MATERIALIZED ({QUEUE})"));
    }
    let mut bound = usize::from(waits);
    let mut source = |rows: &Rows| {
        let source = rows_source(rows, bound);
        bound += rows.columns.len();
        if waits {
            format!("(SELECT * FROM {source} WHERE (SELECT held FROM line) > 0) AS rows")
        } else {
            source
        }
    };
    for (index, change) in changes.iter().enumerate() {
        let part = change.on(change.table);
        let part = part.replace("{rows}", &source(&change.rows));
        parts.push(format!("change_{index} AS ({part})"));
    }
    let events = event_rows(append)?;
    let insert = insert_events("::json").replace("{rows}", &source(&events));
    let with = if parts.is_empty() { "" } else { "WITH " };
    let sql = format!("{with}{} {insert}", parts.join(", "));
    let mut query = sqlx::query(&sql);
    if waits {
        query = query.bind(queues);
    }
    for change in changes {
        query = bind_rows(query, change.rows);
    }
    match bind_rows(query, events).execute(connection).await {
        Ok(_) => Ok(()),
        Err(error @ sqlx::Error::Io(_)) => Err(StoreError::Commit(error)),
        Err(error) => Err(error.into()),
    }
}

/// Keeps everybody else from appending, and from deciding on what they hold, until the transaction ends.
/// Whoever holds something already ends first: the lock excludes theirs of every kind, so that none of
/// them waits for this transaction while it waits for them.
///
/// Everybody else waits behind it meanwhile, so it waits for `patience` only, then gives up with
/// [`StoreError::Conflict`]: the log may be vacuumed, or given an index, for minutes.
pub(crate) async fn lock_log(
    connection: &mut PgConnection,
    patience: Duration,
) -> Result<(), StoreError> {
    let sql = format!(
        "SET LOCAL lock_timeout = '{}ms'; LOCK TABLE events IN EXCLUSIVE MODE; \
         SET LOCAL lock_timeout TO DEFAULT",
        patience.as_millis()
    );
    sqlx::raw_sql(&sql).execute(connection).await?;
    Ok(())
}

/// Waits until no other action goes on that waited in line for one of these.
pub(crate) async fn queue(
    connection: &mut PgConnection,
    keys: &[String],
) -> Result<(), StoreError> {
    if !keys.is_empty() {
        sqlx::query(QUEUE).bind(keys).execute(connection).await?;
    }
    Ok(())
}

/// Holds the last events of these streams: who appends takes them for itself, who decides on them shares them.
pub(crate) async fn lock_streams(
    connection: &mut PgConnection,
    append: &Append,
) -> Result<(), StoreError> {
    for (streams, lock) in [(&append.heads, "UPDATE"), (&append.guards, "SHARE")] {
        let sql = format!(
            "SELECT 1 FROM {{rows}} JOIN events e USING (aggregate_type, aggregate_id, sequence) \
             ORDER BY e.aggregate_type, e.aggregate_id FOR {lock} OF e"
        );
        let mut conn = Conn::Postgres(&mut *connection);
        conn.write(&sql, guard_rows(streams)).await?;
    }
    Ok(())
}

/// `UNNEST($1::text[], …) AS rows(name, …)`: one array per column, after `bound` other parameters.
pub(crate) fn rows_source(rows: &Rows, bound: usize) -> String {
    let mut arrays = String::new();
    let mut names = String::new();
    for (index, (name, column)) in rows.columns.iter().enumerate() {
        let kind = match column {
            Column::Text(_) => "text",
            Column::Integer(_) => "bigint",
            Column::Time(_) => "timestamptz",
            Column::Bytes(_) => "bytea",
        };
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(arrays, "{comma}${}::{kind}[]", bound + index + 1);
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
            Column::Bytes(values) => query.bind(values),
        };
    }
    query
}
