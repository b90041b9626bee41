//! Which messages follow from events.

use commands::Reaction;
use domain::{
    establishment::EstablishmentEvent as Establishment, event::Event,
    student::StudentEvent as Student, values::StaffRole,
};
use mail::{Message, Post};
use store::{Clock, EventRecord, Write};

/// Tells those whom an event concerns, once each.
pub(crate) struct Announcements;

impl Reaction for Announcements {
    fn react(&self, events: &[EventRecord], clock: &dyn Clock) -> Vec<Box<dyn Write>> {
        let mut messages = Vec::new();
        for message in events.iter().filter_map(message) {
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        let posts = messages.into_iter().map(|it| Post::new(clock, it));
        posts.map(|it| Box::new(it) as Box<dyn Write>).collect()
    }
}

/// Who shall know of an event. Nobody in particular of a pupil who comes: they show in the lists.
fn message(record: &EventRecord) -> Option<Message> {
    let establishment = record.establishment.clone();
    match &record.event {
        Event::Establishment(Establishment::StaffInvited { invitation, .. }) => {
            Some(Message::invitation(*invitation))
        }
        Event::Establishment(
            Establishment::HeadReplaced { head, .. }
            | Establishment::StaffJoined {
                staff: head,
                role: StaffRole::Head,
                ..
            },
        ) => Some(Message::head_activated(establishment, *head)),
        Event::Establishment(Establishment::StaffJoined { staff, .. }) => {
            Some(Message::staff_joined(establishment, *staff))
        }
        Event::Student(Student::StudentRejected { .. }) => {
            let student = record.stream.aggregate_id.parse().ok()?;
            Some(Message::student_rejected(student, establishment))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        actor::{Actor, Metadata},
        ids::{CommandId, CorrelationId, InvitationId, PersonId},
        values::Uai,
    };
    use store::StreamId;
    use uuid::Uuid;

    use super::*;

    fn records(events: Vec<Event>) -> Vec<EventRecord> {
        let id = Uuid::from_u128(7);
        let metadata = Metadata {
            command: CommandId::new(id),
            correlation: CorrelationId::new(id),
            actor: Actor::system(),
        };
        let record = |event: Event| EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: id.to_string(),
            },
            sequence: 1,
            event,
            metadata,
            recorded_at: "2026-11-23T08:00:00Z".parse().unwrap(),
            establishment: Uai::parse("9990021U").unwrap(),
        };
        events.into_iter().map(record).collect()
    }

    /// A new head who follows a link is told of twice in the log, as the head who replaces and as
    /// somebody who joined: the school's mailbox gets one letter. Whoever merely leaves or comes to a
    /// class is nobody's news.
    #[test]
    fn each_is_told_once() {
        let person = |id| PersonId::new(Uuid::from_u128(id));
        let establishment = Uai::parse("9990021U").unwrap();
        let invitation = InvitationId::new(Uuid::from_u128(3));
        let joined = |staff, role| {
            Event::from(Establishment::StaffJoined {
                staff,
                role,
                invitation: Some(invitation),
            })
        };
        let events = records(vec![
            Establishment::HeadReplaced {
                head: person(2),
                previous: person(1),
            }
            .into(),
            joined(person(2), StaffRole::Head),
            joined(person(4), StaffRole::Teacher),
            Establishment::StaffLeft { staff: person(4) }.into(),
            Student::StudentRejected {
                establishment: establishment.clone(),
                from: None,
            }
            .into(),
        ]);
        let mut told: Vec<Message> = Vec::new();
        told.extend(events.iter().filter_map(message));
        let head = Message::head_activated(establishment.clone(), person(2));
        let rest = [
            Message::staff_joined(establishment.clone(), person(4)),
            Message::student_rejected(person(7), establishment),
        ];
        assert_eq!(told[..2], [head.clone(), head]);
        assert_eq!(told[2..], rest);
        let posts = Announcements.react(&events, &store::SystemClock);
        assert_eq!(posts.len(), 3);
    }
}
