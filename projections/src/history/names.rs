//! The names in a page of history: people's as they are today, classes' as they were then. And what the
//! yearly resets in it did and by which clocks people live, which stands in no event.

use std::collections::{BTreeSet, HashMap};

use domain::{
    actor::Actor,
    class::ClassEvent,
    establishment::EstablishmentEvent::{SchoolYearOpened, StaffInvited},
    event::Event,
    ids::{ClassId, CorrelationId, PersonId},
    values::{ClassName, LocalTime, Role, Uai},
};
use store::{Conn, LoggedEvent, Rows, StoreError};

use super::mentions::Mentions;
use crate::{
    directory,
    resets::{self, Parts},
};

/// Names by id.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) people: HashMap<PersonId, String>,
    /// Each class's names, with the position from which it had them, oldest first.
    pub(super) classes: HashMap<ClassId, Vec<(i64, ClassName)>>,
    /// What the yearly resets did, by run and establishment.
    pub(super) resets: HashMap<(CorrelationId, Uai), Parts>,
    pub(super) clocks: HashMap<Uai, LocalTime>,
}

impl Names {
    /// The names of everything on one page.
    pub(super) async fn read(
        conn: &mut Conn<'_>,
        events: &[LoggedEvent],
        mentioned: &[Mentions],
    ) -> Result<Self, StoreError> {
        let mut people: BTreeSet<PersonId> = events
            .iter()
            .map(|event| event.record.metadata.actor.id)
            .collect();
        let mut classes = BTreeSet::new();
        for mentions in mentioned {
            people.extend(mentions.student.map(PersonId::from));
            people.extend(&mentions.staff);
            classes.extend(mentions.class);
            classes.extend(mentions.other_class);
        }
        people.extend(events.iter().filter_map(guest));
        let establishments: BTreeSet<&Uai> = events
            .iter()
            .map(|event| &event.record.establishment)
            .collect();
        let resets: Vec<_> = events
            .iter()
            .map(|event| &event.record)
            .filter(|record| matches!(record.event, Event::Establishment(SchoolYearOpened { .. })))
            .map(|record| (record.metadata.correlation, record.establishment.clone()))
            .collect();
        Ok(Self {
            people: read_people(conn, people).await?,
            classes: read_classes(conn, classes).await?,
            resets: resets::parts(conn, &resets).await?,
            clocks: directory::clocks(conn, establishments).await?,
        })
    }

    /// The name of who acted; none once erased.
    pub(super) fn actor(&self, actor: Actor) -> Option<String> {
        match actor.role {
            Role::System => Some(Role::System.label().to_owned()),
            _ => self.people.get(&actor.id).cloned(),
        }
    }

    /// The clock of an establishment.
    pub(super) fn clock(&self, establishment: &Uai) -> LocalTime {
        let known = self.clocks.get(establishment).copied();
        known.unwrap_or_else(LocalTime::utc)
    }

    /// The name of somebody; none once erased.
    pub(super) fn person(&self, id: PersonId) -> Option<&str> {
        self.people.get(&id).map(String::as_str)
    }

    /// The name that a class had when the event at this position happened.
    pub(super) fn class(&self, id: ClassId, position: i64) -> Option<&ClassName> {
        let names = self.classes.get(&id)?;
        let then = names.iter().rev().find(|(from, _)| *from <= position);
        then.or(names.first()).map(|(_, name)| name)
    }
}

/// Whom an invitation went to: known until it is followed, taken back or over.
fn guest(event: &LoggedEvent) -> Option<PersonId> {
    match event.record.event {
        Event::Establishment(StaffInvited { invitation, .. }) => {
            Some(PersonId::new(invitation.as_uuid()))
        }
        _ => None,
    }
}

async fn read_people(
    conn: &mut Conn<'_>,
    ids: BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, String>, StoreError> {
    let people: Vec<Person> = conn
        .read(
            "SELECT p.id, p.first_name || ' ' || p.last_name AS name \
             FROM {rows} JOIN people p ON p.id = rows.id",
            Rows::new().text("id", ids),
        )
        .await?;
    Ok(people
        .into_iter()
        .map(|person| (person.id, person.name))
        .collect())
}

#[derive(sqlx::FromRow)]
struct Person {
    #[sqlx(try_from = "String")]
    id: PersonId,
    name: String,
}

/// A name follows from the class's stream alone. `CROSS JOIN` keeps SQLite from looking at every
/// class there is.
async fn read_classes(
    conn: &mut Conn<'_>,
    ids: BTreeSet<ClassId>,
) -> Result<HashMap<ClassId, Vec<(i64, ClassName)>>, StoreError> {
    let sql = format!(
        "SELECT {} FROM {{rows}} CROSS JOIN events \
         WHERE aggregate_type = 'class' AND aggregate_id = rows.id \
           AND event_type IN ('ClassCreated', 'ClassRenamed') ORDER BY position",
        conn.log_columns()
    );
    let events: Vec<LoggedEvent> = conn.read(&sql, Rows::new().text("id", ids)).await?;
    let mut names: HashMap<ClassId, Vec<(i64, ClassName)>> = HashMap::new();
    for LoggedEvent { checkpoint, record } in events {
        if let Event::Class(
            ClassEvent::ClassCreated { name, .. } | ClassEvent::ClassRenamed { name, .. },
        ) = record.event
        {
            let known = names.entry(record.stream.id()?).or_default();
            known.push((checkpoint.position, name));
        }
    }
    Ok(names)
}
