//! Given what happened to an establishment, when something is asked of it, then this happens.

mod directory;
mod eligibility;
mod headship;
mod invitations;
mod school_year;
mod staff;

use cqrs_es::Aggregate as _;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::values::{EmailAddress, PostalCode, Priority};

fn given(events: Vec<EstablishmentEvent>) -> AggregateTestExecutor<Establishment> {
    TestFramework::with(()).given(events)
}

fn after(events: Vec<EstablishmentEvent>) -> Establishment {
    let mut establishment = Establishment::default();
    for event in events {
        establishment.apply(event);
    }
    establishment
}

fn person(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

fn year(year: i32) -> SchoolYear {
    SchoolYear::starting(year).unwrap()
}

fn listing(priority: Option<Priority>) -> Listing {
    Listing {
        name: "COLLEGE DES TILLEULS".to_owned(),
        city: "VILLENEUVE".to_owned(),
        postal_code: Some(PostalCode::parse("75001").unwrap()),
        department: None,
        academy: Some("DEMO".to_owned()),
        priority,
        mailbox: Some(EmailAddress::parse("ce.0750001u@ac-demo.test").unwrap()),
        closed: false,
    }
}

fn listed(priority: Option<Priority>) -> EstablishmentEvent {
    EstablishmentEvent::EstablishmentListed {
        listing: listing(priority),
    }
}

fn decided(eligible: bool) -> EstablishmentEvent {
    EstablishmentEvent::EligibilityDecided {
        eligible,
        reason: "Convention".to_owned(),
    }
}

fn register(head: u128) -> EstablishmentCommand {
    EstablishmentCommand::Register {
        head: person(head),
        school_year: year(2026),
        invitation: None,
    }
}

fn register_by(invitation: u128, head: u128) -> EstablishmentCommand {
    EstablishmentCommand::Register {
        head: person(head),
        school_year: year(2026),
        invitation: Some(invitation_id(invitation)),
    }
}

fn invitation_id(id: u128) -> InvitationId {
    InvitationId::new(Uuid::from_u128(id))
}

fn invite(invitation: u128, role: StaffRole) -> EstablishmentCommand {
    EstablishmentCommand::Invite {
        invitation: invitation_id(invitation),
        role,
        class: None,
    }
}

fn invited(invitation: u128, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffInvited {
        invitation: invitation_id(invitation),
        role,
        class: None,
    }
}

fn revoked(invitation: u128) -> EstablishmentEvent {
    EstablishmentEvent::InvitationRevoked {
        invitation: invitation_id(invitation),
    }
}

fn joined_by(invitation: u128, staff: u128, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffJoined {
        staff: person(staff),
        role,
        invitation: Some(invitation_id(invitation)),
    }
}

fn replaced(head: u128, previous: u128) -> EstablishmentEvent {
    EstablishmentEvent::HeadReplaced {
        head: person(head),
        previous: person(previous),
    }
}

fn joined(staff: u128, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffJoined {
        staff: person(staff),
        role,
        invitation: None,
    }
}

fn registered(head: u128) -> Vec<EstablishmentEvent> {
    vec![
        EstablishmentEvent::EstablishmentRegistered {
            head: person(head),
            school_year: year(2026),
        },
        joined(head, StaffRole::Head),
    ]
}

fn add(staff: u128, role: StaffRole) -> EstablishmentCommand {
    EstablishmentCommand::AddStaff {
        staff: person(staff),
        role,
        invitation: None,
    }
}

fn add_by(invitation: u128, staff: u128, role: StaffRole) -> EstablishmentCommand {
    EstablishmentCommand::AddStaff {
        staff: person(staff),
        role,
        invitation: Some(invitation_id(invitation)),
    }
}

fn remove(staff: u128) -> EstablishmentCommand {
    EstablishmentCommand::RemoveStaff {
        staff: person(staff),
    }
}

fn replace_head(head: u128) -> EstablishmentCommand {
    EstablishmentCommand::ReplaceHead { head: person(head) }
}

fn open() -> Vec<EstablishmentEvent> {
    [vec![listed(Some(Priority::Rep))], registered(1)].concat()
}
