//! The yearly resets: what each run did, as a whole and in each establishment.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::{CorrelationId, PersonId},
    student::StudentEvent,
    values::{Role, SchoolYear, Uai},
};
use store::{Change, Conn, EventRecord, Projection, Rows, StoreError, fetch_all};

/// Keeps the table `resets`.
pub struct Resets;

/// What a run of events adds to one row.
struct Addition<'e> {
    record: &'e EventRecord,
    school_year: SchoolYear,
    classes: i64,
    students: i64,
}

impl Projection for Resets {
    fn name(&self) -> &'static str {
        "resets"
    }

    /// All events that a reset appends say which year it opens, and those of one establishment share
    /// everything else that a row holds: whichever comes first makes it.
    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut additions = BTreeMap::new();
        for record in events {
            let (school_year, classes, students) = match &record.event {
                Event::Establishment(EstablishmentEvent::SchoolYearOpened { school_year }) => {
                    (*school_year, 0, 0)
                }
                Event::Class(ClassEvent::ClassPurged { school_year }) => (*school_year, 1, 0),
                Event::Student(StudentEvent::StudentReleased { school_year, .. }) => {
                    (*school_year, 0, 1)
                }
                _ => continue,
            };
            let row = (record.metadata.correlation, &record.establishment);
            let addition = additions.entry(row).or_insert(Addition {
                record,
                school_year,
                classes: 0,
                students: 0,
            });
            addition.classes += classes;
            addition.students += students;
        }
        vec![add(&additions)]
    }
}

fn add(additions: &BTreeMap<(CorrelationId, &Uai), Addition<'_>>) -> Change {
    let added = || additions.values();
    let actors = || added().map(|it| it.record.metadata.actor);
    let years = added().map(|it| i64::from(it.school_year.year()));
    Change {
        table: "resets",
        sql: "INSERT INTO {table} (run, establishment, school_year, classes, students, opened_at, \
                                   actor_id, actor_role) \
              SELECT run, establishment, school_year, classes, students, opened_at, actor_id, \
                     actor_role FROM {rows} WHERE true \
              ON CONFLICT (run, establishment) DO UPDATE SET \
                  classes = {table}.classes + excluded.classes, \
                  students = {table}.students + excluded.students"
            .into(),
        rows: Rows::new()
            .text("run", additions.keys().map(|(run, _)| run))
            .text("establishment", additions.keys().map(|(_, uai)| uai))
            .integer("school_year", years)
            .integer("classes", added().map(|it| it.classes))
            .integer("students", added().map(|it| it.students))
            .time("opened_at", added().map(|it| it.record.recorded_at))
            .text("actor_id", actors().map(|actor| actor.id))
            .text("actor_role", actors().map(|actor| actor.role.as_str())),
    }
}

/// What one run of the reset did, as a whole.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResetItem {
    #[sqlx(try_from = "String")]
    pub run: CorrelationId,
    /// The year that it opened.
    #[sqlx(try_from = "i64")]
    pub school_year: SchoolYear,
    pub establishments: i64,
    /// How many it purged.
    pub classes: i64,
    /// How many it released.
    pub students: i64,
    /// When it opened the year in the first establishment.
    pub started_at: DateTime<Utc>,
    /// When in the last.
    pub finished_at: DateTime<Utc>,
    #[sqlx(try_from = "String")]
    pub actor_id: PersonId,
    #[sqlx(try_from = "String")]
    pub actor_role: Role,
    /// Their name today; none once erased.
    pub actor_name: Option<String>,
}

/// The runs of the reset, newest first; those before `before`, a run.
///
/// Their ids follow one another in time (UUID version 7, RFC 9562).
pub async fn list(
    conn: &mut Conn<'_>,
    before: Option<CorrelationId>,
    limit: i64,
) -> Result<Vec<ResetItem>, StoreError> {
    fetch_all!(
        conn,
        ResetItem,
        "SELECT r.*, CASE r.actor_role WHEN 'system' THEN $3 \
                     ELSE p.first_name || ' ' || p.last_name END AS actor_name FROM \
             (SELECT run, school_year, COUNT(*) AS establishments, \
                     CAST(SUM(classes) AS bigint) AS classes, \
                     CAST(SUM(students) AS bigint) AS students, MIN(opened_at) AS started_at, \
                     MAX(opened_at) AS finished_at, actor_id, actor_role \
              FROM resets WHERE $1 IS NULL OR run < $1 \
              GROUP BY run, school_year, actor_id, actor_role ORDER BY run DESC LIMIT $2) r \
         LEFT JOIN people p ON p.id = r.actor_id ORDER BY r.run DESC",
        before.map(|run| run.to_string()),
        limit,
        Role::System.label(),
    )
}

/// What a reset did in one establishment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Parts {
    /// How many it purged.
    #[sqlx(try_from = "i64")]
    pub classes: u64,
    /// How many it released.
    #[sqlx(try_from = "i64")]
    pub students: u64,
}

/// What these runs did in these establishments; nothing where they did not open the year.
pub async fn parts(
    conn: &mut Conn<'_>,
    asked: &[(CorrelationId, Uai)],
) -> Result<HashMap<(CorrelationId, Uai), Parts>, StoreError> {
    let openings: Vec<Opening> = conn
        .read(
            "SELECT r.run, r.establishment, r.classes, r.students FROM {rows} \
             JOIN resets r ON r.run = rows.run AND r.establishment = rows.establishment",
            Rows::new()
                .text("run", asked.iter().map(|(run, _)| run))
                .text("establishment", asked.iter().map(|(_, uai)| uai)),
        )
        .await?;
    Ok(openings
        .into_iter()
        .map(|opening| ((opening.run, opening.establishment), opening.parts))
        .collect())
}

#[derive(sqlx::FromRow)]
struct Opening {
    #[sqlx(try_from = "String")]
    run: CorrelationId,
    #[sqlx(try_from = "String")]
    establishment: Uai,
    #[sqlx(flatten)]
    parts: Parts,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Log, OTHER_UAI, UAI, class_id, expect_however_cut, person};

    /// A rebuild pauses anywhere, in the middle of a school too. What a reset did there must be counted once
    /// and wholly, or the history would tell of fewer pupils than left.
    #[tokio::test]
    async fn resets_follow_from_a_log_cut_anywhere() {
        let school_year = SchoolYear::starting(2027).unwrap();
        let mut log = Log::default();
        for class in [0xa, 0xb] {
            log.push(
                UAI,
                &class_id(class),
                ClassEvent::ClassPurged { school_year },
            );
        }
        log.year_opened();
        for (uai, pupil) in [(UAI, 1), (OTHER_UAI, 2), (UAI, 3), (UAI, 4)] {
            let released = StudentEvent::StudentReleased {
                establishment: Uai::parse(uai).unwrap(),
                from: None,
                school_year,
            };
            log.push(uai, &person(pupil), released);
        }
        let counted = [format!("{UAI} 2 3"), format!("{OTHER_UAI} 0 1")];
        let sql =
            "SELECT establishment || ' ' || classes || ' ' || students FROM resets ORDER BY 1";
        expect_however_cut(&Resets, &log, sql, &counted).await;
    }
}
