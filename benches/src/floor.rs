//! The floor: the same rows, written by hand in one transaction, by somebody who need not load,
//! decide or check anything.

use std::str::FromStr;

use async_trait::async_trait;
use domain::{
    actor::{Actor, Metadata},
    class::ClassEvent,
    event::Event,
    ids::{CommandId, CorrelationId},
    student::StudentEvent,
    values::ClassName,
};
use sqlx::{
    ConnectOptions, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use store::{Clock as _, SystemClock};

use crate::contender::{Contender, School};

/// A pool as large as a server's, with its settings.
pub(crate) async fn postgres(url: &str) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::from_str(url)?
        .options([("plan_cache_mode", "force_generic_plan")])
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(16)
        .test_before_acquire(false)
        .connect_with(options)
        .await?)
}

/// The one writer, as durable as a server's.
pub(crate) async fn sqlite(url: &str) -> anyhow::Result<SqlitePool> {
    let options = SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    Ok(SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(options)
        .await?)
}

/// Hand-written SQL, and where it runs.
#[derive(Clone)]
pub(crate) enum Floor {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// As long as that of an event.
pub(crate) const SOME_DIGEST: &[u8] = &[7; 32];

/// A row of `events` without what all rows of an action share.
type EventRow = (&'static str, String, i64, &'static str, String);

/// Metadata of the size of ours.
pub(crate) fn metadata() -> Metadata {
    Metadata {
        command: CommandId::new(SystemClock.new_uuid()),
        correlation: CorrelationId::new(SystemClock.new_uuid()),
        actor: Actor::system(),
    }
}

fn row(id: &impl ToString, sequence: i64, event: impl Into<Event>) -> anyhow::Result<EventRow> {
    let event = event.into();
    Ok((
        event.aggregate_type(),
        id.to_string(),
        sequence,
        event.event_type(),
        event.payload()?,
    ))
}

fn roster_rows(school: &School, moves: &[(usize, usize)]) -> anyhow::Result<Vec<EventRow>> {
    let mut sequences: Vec<i64> = school.classes.iter().map(|class| class.sequence).collect();
    let mut rows = Vec::with_capacity(moves.len() * 3);
    for &(place, to) in moves {
        let student = &school.students[place];
        let (from, to_id) = (school.classes[student.class].id, school.classes[to].id);
        let event = StudentEvent::StudentMoved { from, to: to_id };
        rows.push(row(&student.id, student.sequence + 1, event)?);
        sequences[student.class] += 1;
        let withdrawn = ClassEvent::StudentWithdrawn {
            student: student.id,
            to: Some(to_id),
        };
        rows.push(row(&from, sequences[student.class], withdrawn)?);
        sequences[to] += 1;
        let admitted = ClassEvent::StudentAdmitted {
            student: student.id,
            from: Some(from),
        };
        rows.push(row(&to_id, sequences[to], admitted)?);
    }
    Ok(rows)
}

#[async_trait]
impl Contender for Floor {
    async fn rename(&self, school: &School, class: usize, to: &ClassName) -> anyhow::Result<()> {
        let class = &school.classes[class];
        let renamed = ClassEvent::ClassRenamed {
            name: to.clone(),
            previous: class.name.clone(),
        };
        let rows = vec![row(&class.id, class.sequence + 1, renamed)?];
        let id = class.id.to_string();
        let update =
            "UPDATE classes SET name = $2, name_key = $3, version = version + 1 WHERE id = $1";
        match self {
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                insert_postgres(&mut tx, school, rows).await?;
                let query = sqlx::query(update).bind(id).bind(to.as_str());
                query.bind(to.key()).execute(&mut *tx).await?;
                tx.commit().await?;
            }
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                insert_sqlite(&mut tx, school, rows).await?;
                let query = sqlx::query(update).bind(id).bind(to.as_str());
                query.bind(to.key()).execute(&mut *tx).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    async fn change_roster(&self, school: &School, moves: &[(usize, usize)]) -> anyhow::Result<()> {
        let rows = roster_rows(school, moves)?;
        let students = moves.iter().map(|m| school.students[m.0].id.to_string());
        let classes = moves.iter().map(|m| school.classes[m.1].id.to_string());
        match self {
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                insert_postgres(&mut tx, school, rows).await?;
                sqlx::query(
                    "UPDATE roster SET class_id = m.class_id \
                     FROM UNNEST($1::text[], $2::text[]) AS m(student_id, class_id) \
                     WHERE roster.student_id = m.student_id",
                )
                .bind(students.collect::<Vec<_>>())
                .bind(classes.collect::<Vec<_>>())
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
            }
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                insert_sqlite(&mut tx, school, rows).await?;
                for (student, class) in students.zip(classes) {
                    sqlx::query("UPDATE roster SET class_id = $2 WHERE student_id = $1")
                        .bind(student)
                        .bind(class)
                        .execute(&mut *tx)
                        .await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

async fn insert_postgres(
    tx: &mut sqlx::PgConnection,
    school: &School,
    rows: Vec<EventRow>,
) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                             payload, metadata, recorded_at, establishment, digest) \
         SELECT t, i, s, e, '1.0', p::json, $6::json, $7, $8, $9 \
         FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) \
              AS rows(t, i, s, e, p)",
    )
    .bind(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.2).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.3).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.4.as_str()).collect::<Vec<_>>())
    .bind(serde_json::to_string(&metadata())?)
    .bind(SystemClock.now())
    .bind(school.uai.as_str())
    .bind(SOME_DIGEST)
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_sqlite(
    tx: &mut sqlx::SqliteConnection,
    school: &School,
    rows: Vec<EventRow>,
) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                             payload, metadata, recorded_at, establishment, digest) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, '1.0', value ->> 4, $2, $3, $4, $5 \
         FROM json_each($1)",
    )
    .bind(serde_json::to_string(&rows)?)
    .bind(serde_json::to_string(&metadata())?)
    .bind(SystemClock.now())
    .bind(school.uai.as_str())
    .bind(SOME_DIGEST)
    .execute(tx)
    .await?;
    Ok(())
}
