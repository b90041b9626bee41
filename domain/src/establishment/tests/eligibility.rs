//! Who may take part, and what becomes of those who may not any more.

use super::*;

fn decide(eligible: bool, reason: &str) -> EstablishmentCommand {
    EstablishmentCommand::DecideEligibility {
        eligible,
        reason: reason.to_owned(),
    }
}

/// Admission by derogation and exclusion are an administrator's doing, for a reason that others
/// can read years later; the same decision twice is one decision.
#[test]
fn a_decision_is_recorded_with_its_reason() {
    given(vec![listed(None)])
        .when(decide(true, "\0 Convention\n"))
        .then_expect_events(vec![decided(true)]);
    given(vec![listed(None), decided(true)])
        .when(decide(true, "Convention"))
        .then_expect_events(vec![]);
    given(vec![listed(None), decided(true)])
        .when(decide(false, "Convention"))
        .then_expect_events(vec![decided(false)]);
}

/// A decision that nobody can explain later is worth nothing, and one on a school that nobody
/// knows is a slip of the keyboard.
#[test]
fn a_decision_without_a_fair_reason_is_refused() {
    let known = || given(vec![listed(None)]);
    known()
        .when(decide(true, " \n"))
        .then_expect_error(Refusal::ReasonMissing);
    known()
        .when(decide(true, &"é".repeat(501)))
        .then_expect_error(Refusal::ReasonTooLong);
    assert!(
        known()
            .when(decide(true, &"é".repeat(500)))
            .inspect_result()
            .is_ok()
    );
    given(vec![])
        .when(decide(true, "Convention"))
        .then_expect_error(Refusal::EstablishmentNotFound);
}

/// The service is for priority education; an administrator's word goes before the directory's,
/// both ways, and the directory loaded afterwards does not undo it.
#[test]
fn a_decision_goes_before_the_directory() {
    for (history, eligible) in [
        (vec![], false),
        (vec![listed(None)], false),
        (vec![listed(Some(Priority::Rep))], true),
        (vec![listed(Some(Priority::RepPlus))], true),
        (vec![listed(None), decided(true)], true),
        (vec![listed(Some(Priority::Rep)), decided(false)], false),
        (vec![decided(false), listed(Some(Priority::Rep))], false),
    ] {
        let establishment = after(history);
        assert_eq!(establishment.eligible(), eligible, "{establishment:?}");
    }
}

/// An administrator excludes a school, or the directory takes its mark away. Who is there goes on
/// working, with a head who may be replaced; but nobody joins them, by whatever door: their data would
/// be kept for a school that takes no part.
#[test]
fn an_establishment_that_is_not_eligible_any_more_takes_no_newcomers() {
    let relisted = EstablishmentEvent::EstablishmentRelisted {
        listing: listing(None),
    };
    for end in [decided(false), relisted] {
        let closed = || {
            let invitations = [invited(8, StaffRole::Teacher), invited(9, StaffRole::Head)];
            let there = [joined(2, StaffRole::Teacher)];
            [
                &open()[..],
                &there,
                &invitations,
                std::slice::from_ref(&end),
            ]
            .concat()
        };
        for newcomer in [
            invite(7, StaffRole::Teacher),
            add(3, StaffRole::Teacher),
            add_by(8, 3, StaffRole::Teacher),
        ] {
            given(closed())
                .when(newcomer)
                .then_expect_error(Refusal::EstablishmentNotEligible);
        }
        given(closed())
            .when(add_by(8, 2, StaffRole::Teacher))
            .then_expect_events(vec![joined_by(8, 2, StaffRole::Teacher)]);
        given(closed())
            .when(register_by(9, 3))
            .then_expect_events(vec![replaced(3, 1), joined_by(9, 3, StaffRole::Head)]);
        given(closed())
            .when(replace_head(2))
            .then_expect_events(vec![replaced(2, 1)]);
        given(closed())
            .when(remove(2))
            .then_expect_events(vec![EstablishmentEvent::StaffLeft { staff: person(2) }]);

        // By derogation, they are taken again.
        given([closed(), vec![decided(true)]].concat())
            .when(add(3, StaffRole::Teacher))
            .then_expect_events(vec![joined(3, StaffRole::Teacher)]);
    }
}

/// Pupils come for the year that their school is in, and not before its head, nor to a school that
/// takes no part any more.
#[test]
fn newcomers_come_for_the_present_year_where_they_may() {
    let refused = |events: Vec<EstablishmentEvent>| after(events).year_for_newcomers().err();
    assert_eq!(after(open()).year_for_newcomers(), Ok(year(2026)));
    assert_eq!(
        refused(vec![listed(Some(Priority::Rep))]),
        Some(Refusal::EstablishmentNotRegistered)
    );
    assert_eq!(
        refused([open(), vec![decided(false)]].concat()),
        Some(Refusal::EstablishmentNotEligible)
    );
}
