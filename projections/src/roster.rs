//! The roster: which pupils are in an establishment, and in which class, if any.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    event::Event,
    ids::{ClassId, StudentId},
    student::StudentEvent,
    values::Uai,
};
use store::{
    Change, Check, Conn, EventRecord, Nullable, Projection, Rows, StoreError, fetch_all,
    fetch_optional,
};

use crate::{
    after::{After, listed, page},
    last_year::ending_their_year,
    order,
};

/// Keeps the table `roster`.
pub struct Roster;

/// What a run of events makes of one pupil's row.
enum Fate {
    Put {
        establishment: Uai,
        class: Option<ClassId>,
        registered_at: DateTime<Utc>,
    },
    Place(ClassId),
    Remove,
}

impl Projection for Roster {
    fn name(&self) -> &'static str {
        "roster"
    }

    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut fates = BTreeMap::new();
        for record in events {
            if let Event::Student(event) = &record.event {
                fold(&mut fates, record, event);
            }
        }
        vec![remove(&fates), put(&fates), place(&fates)]
    }

    /// Finds pupils whom an establishment keeps from the year that ends: whoever comes while it is ended
    /// appends nothing to what that was decided on, but shares the establishment's last event.
    fn checks(&self, events: &[EventRecord]) -> Vec<Check> {
        vec![Check {
            sql: "SELECT 1 FROM {rows} JOIN roster r ON r.establishment = rows.establishment",
            rows: Rows::new().text("establishment", ending_their_year(events)),
        }]
    }
}

fn fold<'e>(fates: &mut BTreeMap<&'e str, Fate>, record: &'e EventRecord, event: &StudentEvent) {
    let id = record.stream.aggregate_id.as_str();
    let fate = match event {
        StudentEvent::StudentRegistered { establishment, .. }
        | StudentEvent::StudentRejoined { establishment, .. } => Fate::Put {
            establishment: establishment.clone(),
            class: None,
            registered_at: record.recorded_at,
        },
        StudentEvent::StudentAssigned { class } | StudentEvent::StudentMoved { to: class, .. } => {
            if let Some(Fate::Put { class: placed, .. }) = fates.get_mut(id) {
                *placed = Some(*class);
                return;
            }
            Fate::Place(*class)
        }
        StudentEvent::StudentRejected { .. }
        | StudentEvent::StudentReleased { .. }
        | StudentEvent::StudentErased {} => Fate::Remove,
    };
    fates.insert(id, fate);
}

fn remove(fates: &BTreeMap<&str, Fate>) -> Change {
    let gone = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Remove));
    Change::remove(
        "roster",
        Rows::new().text("student_id", gone.map(|(id, _)| id)),
    )
}

fn put(fates: &BTreeMap<&str, Fate>) -> Change {
    let rows: Vec<_> = fates
        .iter()
        .filter_map(|(id, fate)| match fate {
            Fate::Put {
                establishment,
                class,
                registered_at,
            } => Some((id, establishment, class, registered_at)),
            _ => None,
        })
        .collect();
    let rows = Rows::new()
        .text("student_id", rows.iter().map(|row| row.0))
        .text("establishment", rows.iter().map(|row| row.1))
        .optional_text("class_id", rows.iter().map(|row| *row.2))
        .time("registered_at", rows.iter().map(|row| *row.3));
    Change::put("roster", rows)
}

fn place(fates: &BTreeMap<&str, Fate>) -> Change {
    let rows: Vec<_> = fates
        .iter()
        .filter_map(|(id, fate)| match fate {
            Fate::Place(class) => Some((id, class)),
            _ => None,
        })
        .collect();
    Change {
        table: "roster",
        sql: "UPDATE {table} SET class_id = rows.class_id FROM {rows} \
              WHERE {table}.student_id = rows.student_id"
            .into(),
        rows: Rows::new()
            .text("student_id", rows.iter().map(|row| row.0))
            .text("class_id", rows.iter().map(|row| row.1)),
    }
}

/// A pupil as staff see them in a list, by name; without one once erased.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StudentItem {
    #[sqlx(try_from = "String")]
    pub id: StudentId,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// As ISO 8601 writes it.
    pub birth_date: Option<String>,
    #[sqlx(try_from = "Nullable<String>")]
    pub class_id: Option<ClassId>,
    /// When they joined the establishment.
    pub registered_at: DateTime<Utc>,
}

listed!(StudentItem, self => order::person(self.first_name.as_ref(), self.last_name.as_ref()));

/// The columns of a [`StudentItem`].
macro_rules! select_students {
    ($condition:literal) => {
        concat!(
            "SELECT r.student_id AS id, p.first_name, p.last_name, p.birth_date, r.class_id, \
                    r.registered_at \
             FROM roster r LEFT JOIN people p ON p.id = r.student_id WHERE ",
            $condition
        )
    };
}

/// The pupils of one class of an establishment, by name.
pub async fn in_class(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    class: ClassId,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<StudentItem>, StoreError> {
    let students = fetch_all!(
        conn,
        StudentItem,
        select_students!("r.class_id = $1 AND r.establishment = $2"),
        class.to_string(),
        establishment.as_str(),
    )?;
    Ok(page(students, StudentItem::cursor, after, limit))
}

/// The pupils of an establishment, by name; all, or only those without a class.
pub async fn in_establishment(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    without_class: bool,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<StudentItem>, StoreError> {
    let sql = if without_class {
        select_students!("r.establishment = $1 AND r.class_id IS NULL")
    } else {
        select_students!("r.establishment = $1")
    };
    let students = fetch_all!(conn, StudentItem, sql, establishment.as_str())?;
    Ok(page(students, StudentItem::cursor, after, limit))
}

/// How many pupils of an establishment have no class.
pub async fn without_class_count(
    conn: &mut Conn<'_>,
    establishment: &Uai,
) -> Result<i64, StoreError> {
    let count = fetch_optional!(
        conn,
        (i64,),
        "SELECT COUNT(*) FROM roster WHERE establishment = $1 AND class_id IS NULL",
        establishment.as_str(),
    )?;
    Ok(count.map_or(0, |(count,)| count))
}
