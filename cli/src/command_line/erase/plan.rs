//! Whom a run of `monstage erase` erases, found before anything is.

use std::{
    collections::BTreeSet,
    fmt::Write,
    io::{IsTerminal, stderr, stdout},
};

use accounts::{account, erasing::Person, person};
use domain::{ids::PersonId, values::Uai};
use projections::{
    erasures::{self, Kind},
    staff,
};
use store::{Conn, Store, StoreError};

use super::{Whom, error::EraseError};
use crate::command_line::{error::Result, output::count};

/// Ids shown before the rest is only counted.
const MOST_IDS: usize = 20;

/// What a run does.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<(Person, Way)>,
    /// Those of whom only messages may be left.
    logged: Vec<PersonId>,
    /// Of a single person: who it is, for a terminal.
    about: Option<String>,
}

/// How somebody is erased.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// As asked.
    First,
    /// As a list says that they were, which the log has lost.
    Anew,
    /// As the log says that they were, without another event.
    Again,
}

impl Plan {
    pub(super) async fn make(store: &Store, whom: &Whom, listed: Vec<Person>) -> Result<Self> {
        let mut reader = store.reader().await?;
        let conn = &mut reader.conn();
        if let Some(student) = whom.student {
            Self::of_student(conn, student.into()).await
        } else if let Some(staff) = whom.staff {
            Self::of_staff(conn, staff).await
        } else if let Some(instant) = whom.released_before {
            let left = erasures::left_before(conn, instant).await?;
            let steps = left.into_iter().map(|student| {
                let (kind, id) = (Kind::Student, student.into());
                (Person { kind, id }, Way::First)
            });
            Ok(Self {
                steps: steps.collect(),
                ..Self::default()
            })
        } else {
            Self::again(conn, listed).await
        }
    }

    async fn of_student(conn: &mut Conn<'_>, id: PersonId) -> Result<Self> {
        let school = erasures::last_school_of(conn, id.into()).await?;
        let school = school.ok_or(EraseError::NoSuchStudent(id))?;
        let kind = Kind::Student;
        Self::of_one(conn, Person { kind, id }, &school).await
    }

    async fn of_staff(conn: &mut Conn<'_>, id: PersonId) -> Result<Self> {
        let school = erasures::last_staff_of(conn, id).await?;
        let school = school.ok_or(EraseError::NoSuchStaff(id))?;
        if let Some(uai) = staff::place_of(conn, id).await? {
            return Err(EraseError::StillOnStaff { id, uai }.into());
        }
        let kind = Kind::Staff;
        Self::of_one(conn, Person { kind, id }, &school).await
    }

    async fn of_one(conn: &mut Conn<'_>, person: Person, school: &Uai) -> Result<Self> {
        let name = match person::name(conn, person.id.as_uuid()).await? {
            Some((first_name, last_name)) => format!("{first_name} {last_name}"),
            None => "nom effacé".to_owned(),
        };
        Ok(Self {
            steps: vec![(person, Way::First)],
            about: Some(format!("{name}, dernier établissement : {school}")),
            ..Self::default()
        })
    }

    /// Whoever the log or the list says was erased, and of whom data are there.
    async fn again(conn: &mut Conn<'_>, listed: Vec<Person>) -> Result<Self> {
        let logged = erasures::all(conn).await?;
        let logged: BTreeSet<Person> = logged.iter().map(Person::from).collect();
        let known = account::known(conn, logged.iter().chain(&listed).map(|it| it.id)).await?;
        let there = logged.iter().filter(|person| known.contains(&person.id));
        let mut steps: Vec<_> = there.map(|person| (*person, Way::Again)).collect();
        let mut seen = BTreeSet::new();
        for person in &listed {
            if logged.contains(person) || !seen.insert(*person) {
                continue;
            }
            if let Some(way) = lost(conn, *person, known.contains(&person.id)).await? {
                steps.push((*person, way));
            }
        }
        Ok(Self {
            steps,
            logged: logged.iter().chain(&listed).map(|it| it.id).collect(),
            about: None,
        })
    }

    /// Whether somebody was asked for by name: what is wrong with them is then all there is to say.
    pub(super) fn is_one_person(&self) -> bool {
        self.about.is_some()
    }

    /// Everybody of whom messages may be left.
    pub(super) fn everybody(&self) -> impl Iterator<Item = PersonId> + Clone {
        let steps = self.steps.iter().map(|(person, _)| person.id);
        steps.chain(self.logged.iter().copied())
    }

    /// What it would do. Names are for whoever sits there, who must not erase the wrong person; what is
    /// written to a file holds ids.
    pub(super) fn text(&self) -> String {
        let number = count(self.steps.len() as u64, "personne", "personnes");
        let mut text = format!("À effacer : {number}\n");
        for (person, _) in self.steps.iter().take(MOST_IDS) {
            let _ = write!(text, "  {} {}", label(person.kind), person.id);
            if let Some(about) = &self.about
                && stdout().is_terminal()
                && stderr().is_terminal()
            {
                let _ = write!(text, " : {about}");
            }
            text.push('\n');
        }
        if let Some(more @ 1..) = self.steps.len().checked_sub(MOST_IDS) {
            let _ = writeln!(
                text,
                "  … et {more} de plus (--dry-run --json les montre toutes)"
            );
        }
        text
    }
}

/// How somebody is erased whose erasure the log has lost; not at all when it has lost the person too.
async fn lost(conn: &mut Conn<'_>, person: Person, known: bool) -> Result<Option<Way>, StoreError> {
    let there = match person.kind {
        Kind::Student => erasures::last_school_of(conn, person.id.into()).await?,
        Kind::Staff => erasures::last_staff_of(conn, person.id).await?,
    };
    Ok(match (there, known) {
        (Some(_), _) => Some(Way::Anew),
        // They had only signed up when the backup was made.
        (None, true) => Some(Way::Again),
        (None, false) => None,
    })
}

pub(super) fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Student => "élève",
        Kind::Staff => "membre du personnel",
    }
}
