//! The classes of an establishment, with their counts and main teachers.

mod checks;

use domain::{
    class::ClassEvent,
    event::Event,
    ids::{ClassId, PersonId},
    values::{ClassName, SchoolYear, Track, Uai},
};
use store::{
    Change, Check, Conn, EventRecord, Projection, Rows, StoreError, fetch_all, fetch_optional,
};

use crate::{
    after::{After, listed, page},
    order,
};

/// Keeps the tables `classes` and `class_main_teachers`.
pub struct Classes;

impl Projection for Classes {
    fn name(&self) -> &'static str {
        "classes"
    }

    fn tables(&self) -> Vec<&'static str> {
        vec!["classes", "class_main_teachers"]
    }

    /// One event after the other: in the order of the log a name is freed before it is taken again, and
    /// only that order keeps names unique at every moment. Creations and removals, which come by the thousand,
    /// go in runs.
    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut run: Vec<(&str, &ClassEvent)> = Vec::new();
        for record in events {
            let Event::Class(event) = &record.event else {
                continue;
            };
            if matches!(
                event,
                ClassEvent::StudentAdmitted { .. } | ClassEvent::StudentWithdrawn { .. }
            ) {
                continue;
            }
            if !run.last().is_some_and(|(_, last)| same_run(last, event)) {
                end(&run, &mut changes);
                run.clear();
            }
            run.push((&record.stream.aggregate_id, event));
        }
        end(&run, &mut changes);
        changes
    }

    fn checks(&self, events: &[EventRecord]) -> Vec<Check> {
        checks::of(events)
    }

    /// Those who take a class name in an establishment or free one.
    fn queues(&self, events: &[EventRecord]) -> Vec<String> {
        use ClassEvent::{ClassCreated, ClassDeleted, ClassRenamed};
        let names = events.iter().filter(|record| {
            matches!(
                record.event,
                Event::Class(ClassCreated { .. } | ClassRenamed { .. } | ClassDeleted {})
            )
        });
        names
            .map(|record| format!("class names of {}", record.establishment))
            .collect()
    }

    fn violated(&self, index: &str) -> Option<StoreError> {
        checks::violated(index)
    }
}

fn same_run(one: &ClassEvent, other: &ClassEvent) -> bool {
    use ClassEvent::{ClassCreated, ClassDeleted, ClassPurged};
    matches!(
        (one, other),
        (ClassCreated { .. }, ClassCreated { .. })
            | (
                ClassDeleted {} | ClassPurged { .. },
                ClassDeleted {} | ClassPurged { .. }
            )
    )
}

/// What a run of events that go together changes.
fn end(run: &[(&str, &ClassEvent)], changes: &mut Vec<Change>) {
    let Some((id, event)) = run.first() else {
        return;
    };
    match event {
        ClassEvent::ClassCreated { .. } => changes.push(insert(run)),
        ClassEvent::ClassDeleted {} | ClassEvent::ClassPurged { .. } => {
            changes.extend(remove(run));
        }
        ClassEvent::MainTeacherAssigned { teacher, from } => {
            changes.extend(assign(id, *teacher, *from));
        }
        ClassEvent::MainTeacherUnassigned { teacher } => changes.push(unassign(id, *teacher)),
        _ => changes.extend(change(id, event)),
    }
}

/// The class that they leave has an event of its own, before or after this one: an action's events
/// stand in the order of their streams. The row goes with whichever comes first, since nobody may
/// have two, even where a replay is cut between both.
fn assign(id: &str, teacher: PersonId, from: Option<ClassId>) -> impl Iterator<Item = Change> {
    let left = from.map(|from| unassign(&from.to_string(), teacher));
    let taken = Change::insert("class_main_teachers", main_teacher(id, teacher));
    left.into_iter().chain([taken])
}

fn unassign(id: &str, teacher: PersonId) -> Change {
    Change::remove("class_main_teachers", main_teacher(id, teacher))
}

fn main_teacher(id: &str, teacher: PersonId) -> Rows {
    Rows::new()
        .text("class_id", [id])
        .text("staff_id", [teacher])
}

fn insert(creations: &[(&str, &ClassEvent)]) -> Change {
    let created: Vec<(&str, &Uai, SchoolYear, &ClassName, Track)> = creations
        .iter()
        .filter_map(|(id, event)| match event {
            ClassEvent::ClassCreated {
                establishment,
                school_year,
                name,
                track,
            } => Some((*id, establishment, *school_year, name, *track)),
            _ => None,
        })
        .collect();
    let years = created.iter().map(|row| i64::from(row.2.year()));
    let rows = Rows::new()
        .text("id", created.iter().map(|row| row.0))
        .text("establishment", created.iter().map(|row| row.1))
        .integer("school_year", years)
        .text("name", created.iter().map(|row| row.3))
        .text("name_key", created.iter().map(|row| row.3.key()))
        .text("track", created.iter().map(|row| row.4.as_str()))
        .integer("version", created.iter().map(|_| 1));
    Change::insert("classes", rows)
}

fn remove(removals: &[(&str, &ClassEvent)]) -> [Change; 2] {
    let ids = || removals.iter().map(|(id, _)| id);
    [
        Change::remove("class_main_teachers", Rows::new().text("class_id", ids())),
        Change::remove("classes", Rows::new().text("id", ids())),
    ]
}

fn change(id: &str, event: &ClassEvent) -> Option<Change> {
    let row = Rows::new().text("id", [id]);
    let (sql, rows) = match event {
        ClassEvent::ClassRenamed { name, .. } => (
            "UPDATE {table} SET name = rows.name, name_key = rows.name_key, \
                 version = {table}.version + 1 FROM {rows} WHERE {table}.id = rows.id",
            row.text("name", [name]).text("name_key", [name.key()]),
        ),
        ClassEvent::ClassTrackChanged { track, .. } => (
            "UPDATE {table} SET track = rows.track, version = {table}.version + 1 \
             FROM {rows} WHERE {table}.id = rows.id",
            row.text("track", [track.as_str()]),
        ),
        ClassEvent::ClassCreated { .. }
        | ClassEvent::ClassDeleted {}
        | ClassEvent::ClassPurged { .. }
        | ClassEvent::StudentAdmitted { .. }
        | ClassEvent::StudentWithdrawn { .. }
        | ClassEvent::MainTeacherAssigned { .. }
        | ClassEvent::MainTeacherUnassigned { .. } => return None,
    };
    Some(Change {
        table: "classes",
        sql: sql.into(),
        rows,
    })
}

/// A class as its staff see it in a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ClassItem {
    #[sqlx(try_from = "String")]
    pub id: ClassId,
    #[sqlx(try_from = "String")]
    pub establishment: Uai,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub track: Track,
    #[sqlx(try_from = "i64")]
    pub school_year: SchoolYear,
    pub student_count: i64,
    /// How often its name or track changed, creation included: what `If-Match` compares.
    pub version: i64,
    /// By name.
    #[sqlx(skip)]
    pub main_teachers: Vec<MainTeacher>,
}

/// A main teacher of a class, by name; without one once erased.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MainTeacher {
    #[sqlx(try_from = "String")]
    pub id: PersonId,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

listed!(ClassItem, self => order::name(&self.name));
listed!(MainTeacher, self => order::person(self.first_name.as_ref(), self.last_name.as_ref()));

/// The columns of a [`ClassItem`].
macro_rules! select_classes {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.establishment, c.school_year, c.name, c.track, c.version, \
                    (SELECT COUNT(*) FROM roster r \
                     WHERE r.establishment = c.establishment AND r.class_id = c.id) AS student_count \
             FROM classes c WHERE ",
            $condition
        )
    };
}

/// The classes of an establishment, by name.
pub async fn list(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<ClassItem>, StoreError> {
    let classes = fetch_all!(
        conn,
        ClassItem,
        select_classes!("c.establishment = $1"),
        establishment.as_str(),
    )?;
    let mut classes = page(classes, ClassItem::cursor, after, limit);
    let mut teachers = fetch_all!(
        conn,
        Teaching,
        "SELECT m.class_id, m.staff_id AS id, p.first_name, p.last_name \
         FROM classes c JOIN class_main_teachers m ON m.class_id = c.id \
              LEFT JOIN people p ON p.id = m.staff_id \
         WHERE c.establishment = $1",
        establishment.as_str(),
    )?;
    teachers.sort_by_cached_key(|teaching| teaching.teacher.cursor());
    for Teaching { class_id, teacher } in teachers {
        let class = classes.iter_mut().find(|class| class.id == class_id);
        if let Some(class) = class {
            class.main_teachers.push(teacher);
        }
    }
    Ok(classes)
}

/// One class, whoever it belongs to.
pub async fn get(conn: &mut Conn<'_>, class: ClassId) -> Result<Option<ClassItem>, StoreError> {
    let id = class.to_string();
    let class = fetch_optional!(conn, ClassItem, select_classes!("c.id = $1"), &id)?;
    let Some(mut class) = class else {
        return Ok(None);
    };
    class.main_teachers = fetch_all!(
        conn,
        MainTeacher,
        "SELECT m.staff_id AS id, p.first_name, p.last_name \
         FROM class_main_teachers m LEFT JOIN people p ON p.id = m.staff_id \
         WHERE m.class_id = $1",
        &id,
    )?;
    class.main_teachers.sort_by_cached_key(MainTeacher::cursor);
    Ok(Some(class))
}

#[derive(sqlx::FromRow)]
struct Teaching {
    #[sqlx(try_from = "String")]
    class_id: ClassId,
    #[sqlx(flatten)]
    teacher: MainTeacher,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Log, UAI, class_id, expect_however_cut, person};

    impl Log {
        fn class(&mut self, id: ClassId, event: ClassEvent) {
            self.push(UAI, &id, event);
        }

        /// A member of the staff goes from one class to another: the events in the order of the classes.
        fn goes(&mut self, teacher: PersonId, from: ClassId, to: ClassId) {
            let mut events = [
                (from, ClassEvent::MainTeacherUnassigned { teacher }),
                (
                    to,
                    ClassEvent::MainTeacherAssigned {
                        teacher,
                        from: Some(from),
                    },
                ),
            ];
            events.sort_by_key(|(class, _)| *class);
            for (class, event) in events {
                self.class(class, event);
            }
        }
    }

    /// A teacher who changes class leaves one and takes the other in one action, whose events stand in the
    /// order of the classes: to the second before from the first, as often as not. One class per person
    /// is an index, and it must not stop a replay that pauses between the two.
    #[tokio::test]
    async fn main_teachers_follow_from_a_log_cut_anywhere() {
        let (a, b, teacher, colleague) = (class_id(0xa), class_id(0xb), person(1), person(2));
        let mut log = Log::default();
        for (class, name) in [(a, "3e A"), (b, "3e B")] {
            let created = ClassEvent::ClassCreated {
                establishment: Uai::parse(UAI).unwrap(),
                school_year: SchoolYear::starting(2026).unwrap(),
                name: ClassName::parse(name).unwrap(),
                track: Track::TroisiemeGenerale,
            };
            log.class(class, created);
        }
        for (class, teacher) in [(a, teacher), (b, colleague)] {
            let from = None;
            log.class(class, ClassEvent::MainTeacherAssigned { teacher, from });
        }
        log.goes(teacher, a, b);
        log.goes(teacher, b, a);
        log.goes(teacher, a, b);
        log.goes(colleague, b, a);
        let expected = [format!("{a} {colleague}"), format!("{b} {teacher}")];
        let sql = "SELECT class_id || ' ' || staff_id FROM class_main_teachers ORDER BY 1";
        expect_however_cut(&Classes, &log, sql, &expected).await;
    }
}
