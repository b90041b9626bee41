//! What each event says, in one French sentence.

mod class;
mod establishment;
mod student;

use domain::{
    actor::Actor,
    event::Event,
    ids::{ClassId, PersonId},
    values::Role,
};
use store::{EventRecord, LoggedEvent};

use super::{mentions::Mentions, names::Names};

/// Who did it and what was done: "Claire Marchand (chef d'établissement)", "a fait passer Camille Dupont de
/// 3e A à 3e B".
pub(super) fn of(event: &LoggedEvent, mentions: &Mentions, names: &Names) -> (String, String) {
    let record = &event.record;
    let tale = Tale {
        record,
        mentions,
        position: event.checkpoint.position,
        names,
    };
    let told = match &record.event {
        Event::Establishment(event) => tale.establishment(event),
        Event::Class(event) => tale.class(event),
        Event::Student(event) => tale.student(event),
    };
    (tale.actor(record.metadata.actor), told)
}

/// An event to be told, with the names in it.
struct Tale<'a> {
    record: &'a EventRecord,
    mentions: &'a Mentions,
    position: i64,
    names: &'a Names,
}

impl Tale<'_> {
    /// Who acted, as a sentence begins.
    fn actor(&self, actor: Actor) -> String {
        let label = actor.role.label();
        match (actor.role, self.names.person(actor.id)) {
            (Role::System, _) => "Le système".to_owned(),
            (_, Some(name)) => format!("{name} ({label})"),
            (Role::Student, None) => "Un élève effacé".to_owned(),
            (_, None) => format!("Une personne effacée ({label})"),
        }
    }

    /// Whether the event is about whoever caused it.
    fn is_own(&self, person: PersonId) -> bool {
        self.record.metadata.actor.id == person
    }

    /// The pupil it is about.
    fn pupil(&self) -> &str {
        let student = self.mentions.student.map(PersonId::from);
        let name = student.and_then(|id| self.names.person(id));
        name.unwrap_or("un élève effacé")
    }

    fn person(&self, id: PersonId) -> &str {
        self.names.person(id).unwrap_or("une personne effacée")
    }

    fn class_name(&self, id: ClassId) -> &str {
        let name = self.names.class(id, self.position);
        name.map_or("une classe inconnue", |name| name.as_str())
    }

    /// `before` and the class's name; nothing without a class.
    fn with_class(&self, before: &str, class: Option<ClassId>) -> String {
        class.map_or_else(String::new, |class| {
            format!("{before}{}", self.class_name(class))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::DateTime;
    use domain::{
        actor::Metadata,
        ids::{CommandId, CorrelationId},
        values::{ClassName, SchoolYear, Uai},
    };
    use store::{Checkpoint, StreamId};
    use uuid::Uuid;

    use super::*;
    use crate::resets::Parts;

    pub(super) const HEAD: PersonId = PersonId::new(Uuid::from_u128(1));
    pub(super) const TEACHER: PersonId = PersonId::new(Uuid::from_u128(2));
    pub(super) const PUPIL: PersonId = PersonId::new(Uuid::from_u128(3));
    pub(super) const GONE: PersonId = PersonId::new(Uuid::from_u128(4));
    pub(super) const A: ClassId = ClassId::new(Uuid::from_u128(0xa));
    pub(super) const B: ClassId = ClassId::new(Uuid::from_u128(0xb));

    fn names() -> Names {
        let name = |text| ClassName::parse(text).unwrap();
        Names {
            people: HashMap::from([
                (HEAD, "Claire Marchand".to_owned()),
                (TEACHER, "Denis Roy".to_owned()),
                (PUPIL, "Camille Dupont".to_owned()),
            ]),
            classes: HashMap::from([
                (A, vec![(1, name("3e A")), (90, name("3e Lovelace"))]),
                (B, vec![(2, name("3e B"))]),
            ]),
            resets: HashMap::from([(
                (
                    CorrelationId::new(Uuid::nil()),
                    Uai::parse("9990021U").unwrap(),
                ),
                Parts {
                    classes: 1,
                    students: 112,
                },
            )]),
            ..Names::default()
        }
    }

    /// What is told of an event in the stream of `about`, caused by this actor.
    pub(super) fn told(id: PersonId, role: Role, about: Uuid, event: impl Into<Event>) -> String {
        let event = event.into();
        let record = EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: about.to_string(),
            },
            sequence: 1,
            event,
            metadata: Metadata {
                command: CommandId::new(Uuid::nil()),
                correlation: CorrelationId::new(Uuid::nil()),
                actor: Actor { id, role },
            },
            recorded_at: DateTime::UNIX_EPOCH,
            establishment: Uai::parse("9990021U").unwrap(),
        };
        let mentions = Mentions::of(&record).unwrap();
        let checkpoint = Checkpoint {
            transaction: 0,
            position: 50,
        };
        let (who, deed) = of(&LoggedEvent { checkpoint, record }, &mentions, &names());
        // Whoever did it is told "Vous avez …".
        assert!(deed.starts_with("a "), "{deed}");
        format!("{who} {deed}")
    }

    pub(super) fn year() -> SchoolYear {
        SchoolYear::starting(2026).unwrap()
    }

    pub(super) fn lines(sentences: &[String]) -> String {
        sentences.join("\n")
    }
}
