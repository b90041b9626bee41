//! The class lists of an establishment as they stood at an instant, by replay of its events.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use domain::{
    class::Class,
    event::Event,
    ids::{ClassId, StudentId},
    student::Student,
    values::{ClassName, Track, Uai},
};
use store::{Conn, Rows, StoreError, Stream};

use crate::{
    after::{After, listed},
    order,
};

/// The class lists of an establishment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassLists {
    /// By name.
    pub classes: Vec<ClassList>,
    /// By name.
    pub students_without_class: Vec<Pupil>,
}

/// A class as it was at that instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassList {
    pub id: ClassId,
    pub name: ClassName,
    pub track: Track,
    /// By name.
    pub students: Vec<Pupil>,
}

/// A pupil of a list, by their name today; without one once erased.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Pupil {
    #[sqlx(try_from = "String")]
    pub id: StudentId,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

listed!(Pupil, self => order::person(self.first_name.as_ref(), self.last_name.as_ref()));

/// The events that lists follow from: a class's name and track, a pupil's place. Who is in a class, and
/// who teaches it, its own stream says besides.
const OF_LISTS: &str = "aggregate_type <> 'establishment' AND event_type NOT IN \
     ('StudentAdmitted', 'StudentWithdrawn', 'MainTeacherAssigned', 'MainTeacherUnassigned')";

/// The class lists of this establishment as its events up to `instant`, that one included, left them.
/// Names of people are those of today: the log holds none.
pub async fn class_lists(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    instant: DateTime<Utc>,
) -> Result<ClassLists, StoreError> {
    let mut classes = Vec::new();
    let mut places = HashMap::new();
    let streams = conn
        .read_establishment(establishment, instant, OF_LISTS)
        .await?;
    for (id, stream) in streams {
        if id.aggregate_type == Class::TYPE {
            classes.extend(class_list(id.id()?, fold(stream)));
        } else {
            let student: Student = fold(stream);
            if student.belongs_to(establishment) {
                places.insert(id.id()?, student.class);
            }
        }
    }
    classes.sort_by_cached_key(|class| (order::name(class.name.as_str()), class.id));
    let mut members: HashMap<Option<ClassId>, Vec<Pupil>> = HashMap::new();
    for pupil in pupils(conn, places.keys()).await? {
        let class = places.get(&pupil.id).copied().flatten();
        members.entry(class).or_default().push(pupil);
    }
    let mut of = |class| members.remove(&class).unwrap_or_default();
    for class in &mut classes {
        class.students = of(Some(class.id));
    }
    Ok(ClassLists {
        classes,
        students_without_class: of(None),
    })
}

/// What its events made of an aggregate.
fn fold<A: Aggregate<Event: TryFrom<Event>>>(stream: Stream) -> A {
    let mut aggregate = A::default();
    let events = stream.events.into_iter();
    for event in events.filter_map(|event| event.try_into().ok()) {
        aggregate.apply(event);
    }
    aggregate
}

/// Its list, nobody on it yet; none when the class is not there.
fn class_list(id: ClassId, class: Class) -> Option<ClassList> {
    class.is_open().then_some(ClassList {
        id,
        name: class.name?,
        track: class.track?,
        students: Vec::new(),
    })
}

/// These pupils, by name.
async fn pupils(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = &StudentId>,
) -> Result<Vec<Pupil>, StoreError> {
    let sql = "SELECT rows.id, p.first_name, p.last_name \
               FROM {rows} LEFT JOIN people p ON p.id = rows.id";
    let mut pupils: Vec<Pupil> = conn.read(sql, Rows::new().text("id", ids)).await?;
    pupils.sort_by_cached_key(Pupil::cursor);
    Ok(pupils)
}
