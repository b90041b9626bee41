//! Who is the head: one, who signs the establishment up, and hands it over.

use super::*;

/// The head comes first (manual, "Comment inscrire l'établissement"): registration opens the
/// school to its staff and makes the head one of them, in one piece, and once.
#[test]
fn a_head_registers_an_eligible_establishment() {
    given(vec![listed(Some(Priority::Rep))])
        .when(register(1))
        .then_expect_events(registered(1));
    given(open()).when(register(1)).then_expect_events(vec![]);
}

/// There is one head. A second person who claims to be it, and a school that may not take part or
/// that nobody knows, are told so each in their own way.
#[test]
fn registration_is_refused_for_a_reason() {
    given(open())
        .when(register(2))
        .then_expect_error(Refusal::HeadAlreadyRegistered);
    given(vec![listed(None)])
        .when(register(1))
        .then_expect_error(Refusal::EstablishmentNotEligible);
    given(vec![])
        .when(register(1))
        .then_expect_error(Refusal::EstablishmentNotFound);
}

/// The invited head signs the school up, or takes it over from the head it has: the history names
/// both, and the invitation works once.
#[test]
fn an_invited_head_registers_or_takes_over() {
    given(vec![
        listed(Some(Priority::Rep)),
        invited(9, StaffRole::Head),
    ])
    .when(register_by(9, 1))
    .then_expect_events(vec![
        EstablishmentEvent::EstablishmentRegistered {
            head: person(1),
            school_year: year(2026),
        },
        joined_by(9, 1, StaffRole::Head),
    ]);
    let waiting = || [open(), vec![invited(9, StaffRole::Head)]].concat();
    given(waiting())
        .when(register_by(9, 2))
        .then_expect_events(vec![replaced(2, 1), joined_by(9, 2, StaffRole::Head)]);
    given(waiting())
        .when(register_by(9, 1))
        .then_expect_events(vec![joined_by(9, 1, StaffRole::Head)]);
    given(waiting())
        .when(register(2))
        .then_expect_error(Refusal::HeadAlreadyRegistered);
}

/// Headship is worth more than any other role: an invitation to teach, a used one or one of a school
/// excluded meanwhile must not bring it.
#[test]
fn headship_needs_its_own_invitation() {
    for end in [
        invited(9, StaffRole::Teacher),
        joined_by(9, 3, StaffRole::Head),
    ] {
        given([open(), vec![end]].concat())
            .when(register_by(9, 2))
            .then_expect_error(Refusal::InvitationNotFound);
    }
    given([open(), vec![invited(9, StaffRole::Head)]].concat())
        .when(add_by(9, 2, StaffRole::Head))
        .then_expect_error(Refusal::HeadAlreadyRegistered);
    given(vec![
        listed(Some(Priority::Rep)),
        invited(9, StaffRole::Head),
        decided(false),
    ])
    .when(register_by(9, 1))
    .then_expect_error(Refusal::EstablishmentNotEligible);
}

/// An administrator hands headship over within the staff. A person from outside would come in
/// without ever having proven an address.
#[test]
fn headship_is_handed_over_within_the_staff() {
    let staffed = || [open(), vec![joined(2, StaffRole::Teacher)]].concat();
    given(staffed())
        .when(replace_head(2))
        .then_expect_events(vec![replaced(2, 1)]);
    given(staffed())
        .when(replace_head(1))
        .then_expect_events(vec![]);
    given(staffed())
        .when(replace_head(3))
        .then_expect_error(Refusal::StaffNotFound);
    given([staffed(), vec![replaced(2, 1)]].concat())
        .when(replace_head(1))
        .then_expect_error(Refusal::StaffNotFound);
}
