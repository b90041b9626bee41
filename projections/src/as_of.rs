//! The class lists of an establishment as they stood at an instant, by replay of its events.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{
    class::ClassEvent,
    event::Event,
    ids::{ClassId, StudentId},
    student::StudentEvent,
    values::{ClassName, Track, Uai},
};
use store::{Conn, EventRecord, Store, StoreError, fetch_all};

use crate::parse::parse;

/// The class lists of an establishment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassLists {
    /// Its classes, by name.
    pub classes: Vec<ClassList>,
    /// Its pupils in no class, by name.
    pub students_without_class: Vec<Pupil>,
}

/// A class with its pupils.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassList {
    /// Which.
    pub id: ClassId,
    /// Its name at that instant.
    pub name: ClassName,
    /// Its track at that instant.
    pub track: Track,
    /// Its pupils, by name.
    pub students: Vec<Pupil>,
}

/// A pupil of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pupil {
    /// Who.
    pub id: StudentId,
    /// Given name; none once erased.
    pub first_name: Option<String>,
    /// Family name; none once erased.
    pub last_name: Option<String>,
}

/// The class lists of this establishment as its events up to `instant`, that one included, left them.
/// Names are those of today: the log holds none.
///
/// # Errors
///
/// The database's, or an event that cannot be read.
pub async fn class_lists(
    store: &Store,
    establishment: &Uai,
    instant: DateTime<Utc>,
) -> Result<ClassLists, StoreError> {
    let events = store.read_establishment(establishment).await?;
    let mut replay = Replay::default();
    for logged in &events {
        if logged.record.recorded_at <= instant {
            replay.apply(&logged.record)?;
        }
    }
    let mut reader = store.reader().await?;
    let names = names(&mut reader.conn(), establishment).await?;
    Ok(replay.lists(&names))
}

/// The classes there are, and where each pupil is.
#[derive(Default)]
struct Replay {
    classes: BTreeMap<ClassId, (ClassName, Track)>,
    students: BTreeMap<StudentId, Option<ClassId>>,
}

impl Replay {
    fn apply(&mut self, record: &EventRecord) -> Result<(), StoreError> {
        let id = &record.stream.aggregate_id;
        match &record.event {
            Event::Class(event) => self.apply_class(parse("events", id)?, event),
            Event::Student(event) => self.apply_student(parse("events", id)?, event),
            Event::Establishment(_) => {}
        }
        Ok(())
    }

    fn apply_class(&mut self, id: ClassId, event: &ClassEvent) {
        match event {
            ClassEvent::ClassCreated { name, track, .. } => {
                self.classes.insert(id, (name.clone(), *track));
            }
            ClassEvent::ClassRenamed { name: new, .. } => {
                if let Some((name, _)) = self.classes.get_mut(&id) {
                    *name = new.clone();
                }
            }
            ClassEvent::ClassTrackChanged { track: new, .. } => {
                if let Some((_, track)) = self.classes.get_mut(&id) {
                    *track = *new;
                }
            }
            ClassEvent::ClassDeleted {} | ClassEvent::ClassPurged { .. } => {
                self.classes.remove(&id);
            }
            ClassEvent::StudentAdmitted { .. }
            | ClassEvent::StudentWithdrawn { .. }
            | ClassEvent::MainTeacherAssigned { .. }
            | ClassEvent::MainTeacherUnassigned { .. } => {}
        }
    }

    fn apply_student(&mut self, id: StudentId, event: &StudentEvent) {
        match event {
            StudentEvent::StudentRegistered { .. } | StudentEvent::StudentRejoined { .. } => {
                self.students.insert(id, None);
            }
            StudentEvent::StudentAssigned { class }
            | StudentEvent::StudentMoved { to: class, .. } => {
                self.students.insert(id, Some(*class));
            }
            StudentEvent::StudentRejected { .. }
            | StudentEvent::StudentReleased { .. }
            | StudentEvent::StudentErased {} => {
                self.students.remove(&id);
            }
        }
    }

    fn lists(&self, names: &HashMap<String, Person>) -> ClassLists {
        let mut members: BTreeMap<Option<ClassId>, Vec<(&str, Pupil)>> = BTreeMap::new();
        for (id, class) in &self.students {
            let name = names.get(&id.to_string());
            let pupil = Pupil {
                id: *id,
                first_name: name.map(|name| name.first_name.clone()),
                last_name: name.map(|name| name.last_name.clone()),
            };
            let sort_key = name.map_or("", |name| &*name.sort_key);
            members.entry(*class).or_default().push((sort_key, pupil));
        }
        let mut take = |class: Option<ClassId>| {
            let mut pupils = members.remove(&class).unwrap_or_default();
            pupils.sort_by(|(a, one), (b, other)| (a, one.id).cmp(&(b, other.id)));
            pupils.into_iter().map(|(_, pupil)| pupil).collect()
        };
        let mut classes: Vec<ClassList> = self
            .classes
            .iter()
            .map(|(id, (name, track))| ClassList {
                id: *id,
                name: name.clone(),
                track: *track,
                students: take(Some(*id)),
            })
            .collect();
        classes.sort_by_cached_key(|class| (class.name.key(), class.id));
        ClassLists {
            classes,
            students_without_class: take(None),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Person {
    id: String,
    first_name: String,
    last_name: String,
    sort_key: String,
}

/// The names of everybody who ever was a pupil there, by id.
async fn names(conn: &mut Conn<'_>, uai: &Uai) -> Result<HashMap<String, Person>, StoreError> {
    let rows = fetch_all!(
        conn,
        Person,
        "SELECT id, first_name, last_name, sort_key FROM people \
         WHERE id IN (SELECT aggregate_id FROM events \
                      WHERE establishment = $1 AND aggregate_type = 'student')",
        uai.as_str(),
    )?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}
