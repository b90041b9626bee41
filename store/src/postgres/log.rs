//! Reading the log on PostgreSQL.

use chrono::{DateTime, Utc};
use domain::values::Uai;
use sqlx::{PgConnection, PgPool, postgres::PgRow};

use crate::{Checkpoint, LogPage, StoreError, page::PageRows};

pub(crate) const LOG_COLUMNS: &str = "transaction_id, position, aggregate_type, aggregate_id, sequence, \
     event_type, event_version, payload::text, metadata::text, recorded_at, establishment, digest";

/// The condition of events whose transactions, and all older ones, have ended.
pub(crate) const SETTLED: &str =
    " AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// Asks for them in the order of the log.
fn next_events(columns: &str, settled: &str) -> String {
    format!(
        "SELECT {columns} FROM events WHERE (transaction_id, position) > ($1, $2){settled} \
         ORDER BY transaction_id, position LIMIT $3"
    )
}

/// The next events after a checkpoint; `settled` says of which transactions.
pub(crate) async fn read_page(
    connection: &mut PgConnection,
    after: Checkpoint,
    limit: u32,
    settled: &str,
) -> Result<Vec<PgRow>, StoreError> {
    let sql = next_events(LOG_COLUMNS, settled);
    Ok(sqlx::query(&sql)
        .bind(after.transaction)
        .bind(after.position)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?)
}

/// The places of the next events after a checkpoint whose transactions are settled, and their digests one
/// after the other. As arrays, since each row that passes the driver costs more than hashing a digest.
pub(crate) async fn read_digests(
    pool: &PgPool,
    after: Checkpoint,
    limit: u32,
) -> Result<(Vec<Checkpoint>, Vec<u8>), StoreError> {
    let sql = format!(
        "SELECT COALESCE(array_agg(transaction_id), '{{}}'), COALESCE(array_agg(position), '{{}}'), \
                COALESCE(string_agg(digest, ''), '') \
         FROM ({}) AS page",
        next_events("transaction_id, position, digest", SETTLED)
    );
    let query = sqlx::query_as(&sql)
        .bind(after.transaction)
        .bind(after.position)
        .bind(i64::from(limit));
    let (transactions, positions, digests): (Vec<i64>, Vec<i64>, _) = query.fetch_one(pool).await?;
    let places = transactions.into_iter().zip(positions);
    let places = places.map(|(transaction, position)| Checkpoint {
        transaction,
        position,
    });
    Ok((places.collect(), digests))
}

/// Whether the log holds transactions that are yet to come here: it was restored from elsewhere.
pub(crate) async fn is_ahead_of_cluster(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let (ahead,): (bool,) = sqlx::query_as(
        "SELECT COALESCE(MAX(transaction_id), 0) \
                >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM events",
    )
    .fetch_one(connection)
    .await?;
    Ok(ahead)
}

/// What happened, without who did it.
pub(crate) async fn read_establishment(
    connection: &mut PgConnection,
    establishment: &Uai,
    until: DateTime<Utc>,
    condition: &str,
) -> Result<LogPage, StoreError> {
    let sql = format!(
        "SELECT transaction_id, position, aggregate_type, aggregate_id, sequence, event_type, \
                event_version, payload::text, '', recorded_at, establishment, NULL::bytea \
         FROM events \
         WHERE establishment = $1 AND recorded_at <= $2 AND {condition} ORDER BY position"
    );
    let query = sqlx::query(&sql).bind(establishment.as_str()).bind(until);
    let rows = query.fetch_all(connection).await?;
    Ok(LogPage(PageRows::Postgres(rows)))
}

/// What happened in each establishment since the last event of this type of its own stream, which is left
/// out.
pub(crate) async fn read_since(
    connection: &mut PgConnection,
    establishments: &[Uai],
    (aggregate_type, event_type): (&'static str, &'static str),
) -> Result<Vec<LogPage>, StoreError> {
    let uais: Vec<&str> = establishments.iter().map(Uai::as_str).collect();
    let sql = format!(
        "SELECT {LOG_COLUMNS} FROM UNNEST($1::text[]) AS wanted(uai) \
         CROSS JOIN LATERAL (SELECT COALESCE(MAX(position), 0) AS beginning FROM events \
                             WHERE aggregate_type = '{aggregate_type}' \
                               AND aggregate_id = wanted.uai \
                               AND event_type = '{event_type}') AS last \
         CROSS JOIN LATERAL (SELECT * FROM events \
                             WHERE establishment = wanted.uai \
                               AND position > last.beginning \
                               AND aggregate_type <> '{aggregate_type}' \
                             ORDER BY position) AS since"
    );
    let rows = sqlx::query(&sql).bind(uais).fetch_all(connection).await?;
    Ok(vec![LogPage(PageRows::Postgres(rows))])
}
