//! The yearly resets: what each run did, as a whole and in each establishment.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{
    actor::Actor,
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::CorrelationId,
    student::StudentEvent,
    values::{Role, SchoolYear, Uai},
};
use store::{Change, Conn, EventRecord, Projection, Rows, StoreError, fetch_all};

use crate::{
    classes::year,
    history::SYSTEM,
    parse::{damaged, parse},
};

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

    fn tables(&self) -> &'static [&'static str] {
        &["resets"]
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
                  students = {table}.students + excluded.students",
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetItem {
    /// Which run: its correlation id.
    pub run: CorrelationId,
    /// The year that it opened.
    pub school_year: SchoolYear,
    /// In how many establishments.
    pub establishments: i64,
    /// How many classes it purged.
    pub classes: i64,
    /// How many pupils it released.
    pub students: i64,
    /// When it opened the year in the first establishment.
    pub started_at: DateTime<Utc>,
    /// When in the last.
    pub finished_at: DateTime<Utc>,
    /// Who ran it.
    pub actor: Actor,
    /// Their name today; none once erased.
    pub actor_name: Option<String>,
}

/// Run, year, establishments, classes, pupils, first, last, actor, role, given name, family name.
type Row = (
    String,
    i64,
    i64,
    i64,
    i64,
    DateTime<Utc>,
    DateTime<Utc>,
    String,
    String,
    Option<String>,
    Option<String>,
);

/// The runs of the reset, newest first; those before `before`, a run.
///
/// Their ids follow one another in time (UUID version 7, RFC 9562).
///
/// # Errors
///
/// The database's.
pub async fn list(
    conn: &mut Conn<'_>,
    before: Option<CorrelationId>,
    limit: i64,
) -> Result<Vec<ResetItem>, StoreError> {
    let rows = fetch_all!(
        conn,
        Row,
        "SELECT r.*, p.first_name, p.last_name FROM \
             (SELECT run, school_year, COUNT(*), CAST(SUM(classes) AS bigint), \
                     CAST(SUM(students) AS bigint), MIN(opened_at), MAX(opened_at), actor_id, \
                     actor_role \
              FROM resets WHERE $1 IS NULL OR run < $1 \
              GROUP BY run, school_year, actor_id, actor_role ORDER BY run DESC LIMIT $2) r \
         LEFT JOIN people p ON p.id = r.actor_id ORDER BY r.run DESC",
        before.map(|run| run.to_string()),
        limit,
    )?;
    rows.into_iter().map(item).collect()
}

fn item(row: Row) -> Result<ResetItem, StoreError> {
    let (run, school_year, establishments, classes, students, first, last, id, role, given, family) =
        row;
    let actor = Actor {
        id: parse("resets", &id)?,
        role: parse("resets", &role)?,
    };
    let name = given
        .zip(family)
        .map(|(given, family)| format!("{given} {family}"));
    Ok(ResetItem {
        run: parse("resets", &run)?,
        school_year: year("resets", school_year)?,
        establishments,
        classes,
        students,
        started_at: first,
        finished_at: last,
        actor,
        actor_name: match actor.role {
            Role::System => Some(SYSTEM.to_owned()),
            _ => name,
        },
    })
}

/// What a reset did in one establishment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// How many classes it purged.
    pub classes: u64,
    /// How many pupils it released.
    pub students: u64,
}

/// What these runs did in these establishments; nothing where they did not open the year.
///
/// # Errors
///
/// The database's.
pub async fn parts(
    conn: &mut Conn<'_>,
    asked: &[(CorrelationId, Uai)],
) -> Result<HashMap<(CorrelationId, Uai), Parts>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = conn
        .read(
            "SELECT r.run, r.establishment, r.classes, r.students FROM {rows} \
             JOIN resets r ON r.run = rows.run AND r.establishment = rows.establishment",
            Rows::new()
                .text("run", asked.iter().map(|(run, _)| run))
                .text("establishment", asked.iter().map(|(_, uai)| uai)),
        )
        .await?;
    let count = |number: i64| {
        u64::try_from(number).map_err(|_| damaged("resets", &format!("a count of {number}")))
    };
    rows.into_iter()
        .map(|(run, uai, classes, students)| {
            let key = (parse("resets", &run)?, parse("resets", &uai)?);
            let parts = Parts {
                classes: count(classes)?,
                students: count(students)?,
            };
            Ok((key, parts))
        })
        .collect()
}
