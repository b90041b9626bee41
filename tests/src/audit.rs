//! What must hold in any log, and between a log and the read models, whatever happened.
//!
//! Unlike a replay, nothing here goes through the projections: the aggregates say what is true.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    str::FromStr,
};

use anyhow::{Context as _, ensure};
use cqrs_es::Aggregate;
use domain::{
    class::Class,
    establishment::Establishment,
    event::Event,
    ids::{ClassId, PersonId, StudentId},
    student::Student,
    values::{StaffRole, Uai},
};
use store::{Conn, EventRecord, Store};

use crate::replay;

/// Every aggregate of a log, as its events left it.
#[derive(Debug, Default)]
pub struct Truth {
    /// Listed ones, registered or not.
    pub establishments: BTreeMap<Uai, Establishment>,
    /// Deleted ones too.
    pub classes: BTreeMap<ClassId, Class>,
    /// Rejected ones too.
    pub students: BTreeMap<StudentId, Student>,
}

/// Everything that must hold once nobody writes any more: the log's own order, the aggregates among
/// themselves, and the read models against both the aggregates and a replay.
pub async fn everything(store: &Store) -> anyhow::Result<Truth> {
    let log = replay::read_log(store, 500).await?;
    streams_are_numbered(&log)?;
    let truth = Truth::of(&log)?;
    truth.classes_and_students_agree()?;
    truth.years_agree()?;
    truth.staffs_are_in_order()?;
    truth.main_teachers_are_staff()?;
    read_models_show(store, &truth).await?;
    replay::compare(store).await?;
    Ok(truth)
}

/// Each stream counts 1, 2, 3… in the order of the log.
fn streams_are_numbered(log: &[EventRecord]) -> anyhow::Result<()> {
    let mut versions = HashMap::new();
    for record in log {
        let version = versions.entry(&record.stream).or_insert(0);
        *version += 1;
        ensure!(
            record.sequence == *version,
            "event {} of {} comes where {version} should",
            record.sequence,
            record.stream
        );
    }
    Ok(())
}

impl Truth {
    /// The state that a log leads to.
    pub fn of(log: &[EventRecord]) -> anyhow::Result<Self> {
        let mut truth = Self::default();
        for EventRecord { stream, event, .. } in log {
            let id = &stream.aggregate_id;
            match event.clone() {
                Event::Establishment(event) => apply(&mut truth.establishments, id, event),
                Event::Class(event) => apply(&mut truth.classes, id, event),
                Event::Student(event) => apply(&mut truth.students, id, event),
            }
            .with_context(|| format!("the id of {stream}"))?;
        }
        Ok(truth)
    }

    /// A pupil is in one class at most, one of the same establishment that is still there, and
    /// that class knows it; and a class knows no others.
    fn classes_and_students_agree(&self) -> anyhow::Result<()> {
        let mut known_by_students: BTreeMap<ClassId, BTreeSet<StudentId>> = BTreeMap::new();
        for (id, student) in &self.students {
            let Some(class_id) = student.class else {
                continue;
            };
            let class = self
                .classes
                .get(&class_id)
                .with_context(|| format!("{id} is in {class_id}, which never was"))?;
            ensure!(
                class.is_open() && class.establishment == student.establishment,
                "{id} is in {class_id}: {student:?}, {class:?}"
            );
            known_by_students.entry(class_id).or_default().insert(*id);
        }
        for (id, class) in &self.classes {
            let students = known_by_students.remove(id).unwrap_or_default();
            ensure!(
                class.students == students,
                "class {id} knows {:?}, its students' streams say {students:?}",
                class.students
            );
        }
        Ok(())
    }

    /// The classes and pupils of an establishment are there for the year that it is in.
    fn years_agree(&self) -> anyhow::Result<()> {
        let year = |uai: &Uai| self.establishments.get(uai).and_then(|it| it.school_year);
        for (id, class) in self.classes.iter().filter(|(_, class)| class.is_open()) {
            let there = class.establishment.as_ref().and_then(year);
            ensure!(
                class.school_year == there,
                "{id} is a class of another year than {there:?}: {class:?}"
            );
        }
        for (id, student) in &self.students {
            let there = student.establishment.as_ref().and_then(year);
            ensure!(
                student.school_year == there,
                "{id} is there for another year than {there:?}: {student:?}"
            );
        }
        Ok(())
    }

    /// A registered establishment has one head, and nobody is on two staffs.
    fn staffs_are_in_order(&self) -> anyhow::Result<()> {
        let mut places = BTreeMap::new();
        for (uai, establishment) in &self.establishments {
            let staff = &establishment.staff;
            let heads = staff.iter().filter(|(_, role)| **role == StaffRole::Head);
            let heads: Vec<PersonId> = heads.map(|(person, _)| *person).collect();
            ensure!(
                heads.iter().eq(&establishment.head),
                "{uai} has the head {:?}, and {heads:?} on its staff",
                establishment.head
            );
            for person in staff.keys() {
                let elsewhere = places.insert(*person, uai);
                ensure!(
                    elsewhere.is_none(),
                    "{person} is on the staff of {uai} and of {elsewhere:?}"
                );
            }
        }
        Ok(())
    }

    /// A main teacher is on the staff of their class's establishment, and has no other class.
    fn main_teachers_are_staff(&self) -> anyhow::Result<()> {
        let mut classes = BTreeMap::new();
        for (class, teacher) in self.main_teachers() {
            let establishment = self.classes[&class].establishment.as_ref();
            let establishment = establishment.and_then(|uai| self.establishments.get(uai));
            ensure!(
                establishment.is_some_and(|there| there.staff.contains_key(&teacher)),
                "{teacher} has {class}, and is not on the staff"
            );
            let other = classes.insert(teacher, class);
            ensure!(
                other.is_none(),
                "{teacher} has {class} and {other:?} at once"
            );
        }
        Ok(())
    }

    /// The main teachers of the classes that are still there.
    fn main_teachers(&self) -> impl Iterator<Item = (ClassId, PersonId)> {
        let open = self.classes.iter().filter(|(_, class)| class.is_open());
        open.flat_map(|(id, class)| class.main_teachers.iter().map(|teacher| (*id, *teacher)))
    }
}

fn apply<K, A: Aggregate>(
    aggregates: &mut BTreeMap<K, A>,
    id: &str,
    event: A::Event,
) -> anyhow::Result<()>
where
    K: Ord + FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    aggregates.entry(id.parse()?).or_default().apply(event);
    Ok(())
}

/// What people read of pupils, classes and staff is what the aggregates say, and nothing else.
async fn read_models_show(store: &Store, truth: &Truth) -> anyhow::Result<()> {
    let mut reader = store.reader().await?;
    let conn = &mut reader.conn();
    pupils_and_classes_show(conn, truth).await?;
    staff_shows(conn, truth).await
}

async fn pupils_and_classes_show(conn: &mut Conn<'_>, truth: &Truth) -> anyhow::Result<()> {
    let sql = "SELECT student_id, establishment, class_id FROM roster";
    let roster = store::fetch_all!(conn, (String, String, Option<String>), sql)?;
    let expected = truth.students.iter().filter_map(|(id, student)| {
        let establishment = student.establishment.as_ref()?.to_string();
        Some((
            id.to_string(),
            establishment,
            student.class.map(|class| class.to_string()),
        ))
    });
    same("roster", roster, expected)?;

    let sql = "SELECT id, name, version FROM classes";
    let classes = store::fetch_all!(conn, (String, String, i64), sql)?;
    let open = truth.classes.iter().filter(|(_, class)| class.is_open());
    let expected = open.filter_map(|(id, class)| {
        let name = class.name.as_ref()?.to_string();
        Some((id.to_string(), name, i64::try_from(class.version).ok()?))
    });
    same("classes", classes, expected)
}

async fn staff_shows(conn: &mut Conn<'_>, truth: &Truth) -> anyhow::Result<()> {
    let sql = "SELECT class_id, staff_id FROM class_main_teachers";
    let teachers = store::fetch_all!(conn, (String, String), sql)?;
    let expected = truth.main_teachers();
    let expected = expected.map(|(class, teacher)| (class.to_string(), teacher.to_string()));
    same("class_main_teachers", teachers, expected)?;

    let sql = "SELECT uai, head FROM directory WHERE head IS NOT NULL";
    let heads = store::fetch_all!(conn, (String, String), sql)?;
    let expected = truth.establishments.iter();
    let expected = expected.filter_map(|(uai, establishment)| {
        Some((uai.to_string(), establishment.head?.to_string()))
    });
    same("directory", heads, expected)?;

    let sql = "SELECT id, establishment, role, class_id FROM invitations";
    let invitations = store::fetch_all!(conn, (String, String, String, Option<String>), sql)?;
    let expected = truth.establishments.iter();
    let expected = expected.flat_map(|(uai, establishment)| {
        let pending = establishment.invitations.iter();
        pending.map(|(id, invitation)| {
            let class = invitation.class.map(|class| class.to_string());
            let role = invitation.role.as_str().to_owned();
            (id.to_string(), uai.to_string(), role, class)
        })
    });
    same("invitations", invitations, expected)?;

    let sql = "SELECT staff_id, establishment, role FROM staff";
    let staff = store::fetch_all!(conn, (String, String, String), sql)?;
    let expected = truth
        .establishments
        .iter()
        .flat_map(|(uai, establishment)| {
            let members = establishment.staff.iter();
            members.map(|(id, role)| (id.to_string(), uai.to_string(), role.as_str().to_owned()))
        });
    same("staff", staff, expected)
}

fn same<T: Ord + std::fmt::Debug>(
    table: &str,
    live: Vec<T>,
    expected: impl Iterator<Item = T>,
) -> anyhow::Result<()> {
    let (live, expected): (BTreeSet<T>, BTreeSet<T>) =
        (live.into_iter().collect(), expected.collect());
    ensure!(
        live == expected,
        "table {table} is not what the aggregates say.\nOnly live: {:#?}\nOnly expected: {:#?}",
        live.difference(&expected).collect::<Vec<_>>(),
        expected.difference(&live).collect::<Vec<_>>()
    );
    Ok(())
}
