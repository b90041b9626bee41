//! The floor of a reset: the same events and the same changes of the read models as bulk SQL, written by
//! somebody who knows the number that each stream has come to, and checks nothing.

use acceptance::engine::Engine;
use anyhow::ensure;
use chrono::{DateTime, Utc};
use store::{Store, execute, fetch_optional};

use crate::floor::{SOME_DIGEST, metadata};

/// What whoever writes by hand must keep count of.
const NUMBERS: &str = "CREATE TABLE numbers AS SELECT aggregate_type, aggregate_id, MAX(sequence) + 1 AS next \
                       FROM events GROUP BY aggregate_type, aggregate_id";

/// Those that are still in an earlier year.
const BEHIND: &str = "SELECT uai FROM directory WHERE school_year < {year}";

/// The events of each kind of stream. `$1` are the metadata, `$2` is the instant, `$3` the digest.
const EVENTS: [&str; 3] = [
    "SELECT 'class', c.id, n.next, 'ClassPurged', '1.0', \
            CAST('{\"ClassPurged\":{\"school_year\":{year}}}' AS {json}), \
            CAST($1 AS {json}), CAST($2 AS {instant}), c.establishment, CAST($3 AS {bytes}) \
     FROM classes c JOIN numbers n ON n.aggregate_type = 'class' AND n.aggregate_id = c.id \
     WHERE c.establishment IN ({behind})",
    "SELECT 'establishment', d.uai, n.next, 'SchoolYearOpened', '1.0', \
            CAST('{\"SchoolYearOpened\":{\"school_year\":{year}}}' AS {json}), \
            CAST($1 AS {json}), CAST($2 AS {instant}), d.uai, CAST($3 AS {bytes}) \
     FROM directory d JOIN numbers n ON n.aggregate_type = 'establishment' AND n.aggregate_id = d.uai \
     WHERE d.school_year < {year}",
    "SELECT 'student', r.student_id, n.next, 'StudentReleased', '1.0', \
            CAST('{\"StudentReleased\":{\"establishment\":\"' || r.establishment || '\",\"from\":' || \
                 COALESCE('\"' || r.class_id || '\"', 'null') || ',\"school_year\":{year}}}' AS {json}), \
            CAST($1 AS {json}), CAST($2 AS {instant}), r.establishment, CAST($3 AS {bytes}) \
     FROM roster r JOIN numbers n ON n.aggregate_type = 'student' AND n.aggregate_id = r.student_id \
     WHERE r.establishment IN ({behind})",
];

/// The read models. `$1` is the run, `$2` the instant.
const RUN: &str = "INSERT INTO resets (run, establishment, school_year, classes, students, opened_at, \
                                       actor_id, actor_role) \
                   SELECT $1, d.uai, {year}, \
                          (SELECT COUNT(*) FROM classes c WHERE c.establishment = d.uai), \
                          (SELECT COUNT(*) FROM roster r WHERE r.establishment = d.uai), \
                          CAST($2 AS {instant}), '00000000-0000-0000-0000-000000000000', 'system' \
                   FROM directory d WHERE d.school_year < {year}";
const ENDS: [&str; 5] = [
    "DELETE FROM class_main_teachers WHERE class_id IN \
         (SELECT id FROM classes WHERE establishment IN ({behind}))",
    "DELETE FROM classes WHERE establishment IN ({behind})",
    "DELETE FROM roster WHERE establishment IN ({behind})",
    "DELETE FROM invitations WHERE establishment IN ({behind})",
    "UPDATE directory SET school_year = {year} WHERE school_year < {year}",
];

/// Counts beforehand.
pub(crate) async fn prepare(store: &Store) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    execute!(&mut tx.conn(), NUMBERS)?;
    execute!(
        &mut tx.conn(),
        "CREATE UNIQUE INDEX numbers_id ON numbers (aggregate_type, aggregate_id)"
    )?;
    execute!(&mut tx.conn(), "ANALYZE")?;
    tx.commit().await?;
    Ok(())
}

/// Opens a year everywhere, in one transaction.
pub(crate) async fn reset(
    engine: Engine,
    store: &Store,
    year: i32,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let (json, instant, bytes) = match engine {
        Engine::Postgres => ("json", "timestamptz", "bytea"),
        Engine::Sqlite => ("text", "text", "blob"),
    };
    let sql = |template: &str| {
        template
            .replace("{behind}", BEHIND)
            .replace("{year}", &year.to_string())
            .replace("{json}", json)
            .replace("{instant}", instant)
            .replace("{bytes}", bytes)
    };
    let metadata = metadata();
    let (run, metadata) = (
        metadata.correlation.to_string(),
        serde_json::to_string(&metadata)?,
    );
    let mut tx = store.begin().await?;
    let conn = &mut tx.conn();
    for events in EVENTS {
        let insert = format!(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                                 payload, metadata, recorded_at, establishment, digest) {}",
            sql(events)
        );
        execute!(&mut *conn, &insert, &metadata, now, SOME_DIGEST)?;
    }
    execute!(&mut *conn, &sql(RUN), &run, now)?;
    for end in ENDS {
        execute!(&mut *conn, &sql(end))?;
    }
    tx.commit().await?;
    Ok(())
}

/// What a reset leaves, as far as two of them must agree.
pub(crate) async fn outcome(store: &Store, year: i32) -> anyhow::Result<Outcome> {
    let sql = format!(
        "SELECT CAST(COUNT(*) AS bigint), CAST(SUM(sequence) AS bigint), \
                CAST(SUM(LENGTH(CAST(payload AS text))) AS bigint), \
                (SELECT COUNT(*) FROM classes), (SELECT COUNT(*) FROM class_main_teachers), \
                (SELECT COUNT(*) FROM roster), (SELECT COUNT(*) FROM invitations), \
                (SELECT COUNT(*) FROM directory WHERE school_year = {year}), \
                (SELECT CAST(SUM(classes + students) AS bigint) FROM resets) \
         FROM events WHERE event_type IN ('ClassPurged', 'SchoolYearOpened', 'StudentReleased')"
    );
    let mut reader = store.reader().await?;
    let outcome = fetch_optional!(&mut reader.conn(), Outcome, &sql)?.unwrap_or_default();
    ensure!(outcome.0 > 0, "nothing was done");
    Ok(outcome)
}

/// Events, their numbers and sizes added up; rows left in the read models; schools in the new year; what
/// the run says it did.
pub(crate) type Outcome = (i64, i64, i64, i64, i64, i64, i64, i64, i64);
