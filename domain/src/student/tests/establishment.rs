//! Which establishment a pupil is in: one at most, which they join and leave.

use super::*;

fn register(establishment: &str) -> StudentCommand {
    StudentCommand::Register {
        establishment: Uai::parse(establishment).unwrap(),
        school_year: year(2026),
    }
}

/// A pupil signs up on a phone, with a network that makes them press the button twice: the second
/// time changes nothing. Signing up elsewhere is not the way to change school.
#[test]
fn a_pupil_signs_up_once() {
    given(vec![])
        .when(register("0132572A"))
        .then_expect_events(vec![registered()]);
    given(vec![registered()])
        .when(register("0132572A"))
        .then_expect_events(vec![]);
    for history in [
        vec![registered()],
        vec![registered(), rejected()],
        vec![registered(), StudentEvent::StudentErased {}],
    ] {
        given(history)
            .when(register("0750001U"))
            .then_expect_error(Refusal::StudentAlreadyRegistered);
    }
}

/// "Cet élève ne fait pas partie de mon établissement": the event keeps where the pupil was, so
/// that the class can let them go and the audit trail can say what was undone.
#[test]
fn a_rejected_pupil_leaves_class_and_establishment() {
    given(vec![registered(), assigned(1)])
        .when(StudentCommand::Reject)
        .then_expect_events(vec![rejected()]);
    given(vec![registered()])
        .when(StudentCommand::Reject)
        .then_expect_events(vec![StudentEvent::StudentRejected {
            establishment: uai(),
            from: None,
        }]);
}

/// Once rejected or released a pupil is nobody's to move, until they join again themselves: their
/// former school must not be able to call them back, nor reject them a second time.
#[test]
fn a_pupil_in_no_establishment_is_nobody_s_to_move() {
    for end in [rejected(), released()] {
        for command in [place(1), StudentCommand::Reject] {
            given(vec![registered(), assigned(1), end.clone()])
                .when(command)
                .then_expect_error(Refusal::StudentNotFound);
        }
    }
}

/// A pupil rejected by the wrong school, or let go at the end of a year, keeps the account and joins
/// the right school, or the same one again; pressing the button twice changes nothing.
#[test]
fn a_pupil_in_no_establishment_joins_again() {
    for end in [rejected(), released()] {
        given(vec![registered(), assigned(1), end.clone()])
            .when(rejoin("0750001U", 2027))
            .then_expect_events(vec![rejoined("0750001U", 2027)]);
        given(vec![registered(), end, rejoined("0750001U", 2027)])
            .when(rejoin("0750001U", 2027))
            .then_expect_events(vec![]);
    }
}

/// Joining again is no way to change school by oneself: the one they are in has to let them go. And
/// nobody comes back whose data were erased.
#[test]
fn a_pupil_who_is_somewhere_or_nowhere_does_not_join_again() {
    given(vec![registered()])
        .when(rejoin("0750001U", 2026))
        .then_expect_error(Refusal::StudentAlreadyRegistered);
    given(vec![registered()])
        .when(rejoin("0132572A", 2027))
        .then_expect_error(Refusal::StudentAlreadyRegistered);
    for history in [
        vec![],
        vec![registered(), rejected(), StudentEvent::StudentErased {}],
    ] {
        given(history)
            .when(rejoin("0132572A", 2026))
            .then_expect_error(Refusal::StudentNotFound);
    }
}

/// Every page that staff of one school see is guarded by this question; it must be no for every
/// other school, and for the pupil's own once they left.
#[test]
fn a_pupil_belongs_to_one_establishment_at_most() {
    let mut student = Student::default();
    assert!(!student.belongs_to(&uai()));
    student.apply(registered());
    assert!(student.belongs_to(&uai()));
    assert!(!student.belongs_to(&Uai::parse("0750001U").unwrap()));
    student.apply(rejected());
    assert!(!student.belongs_to(&uai()));
}

/// The reset lets everybody of earlier years go, with or without a class; whoever came for the new year
/// stays, and whoever is nowhere has nothing to leave.
#[test]
fn the_reset_releases_pupils_of_earlier_years_only() {
    let release = |start| StudentCommand::Release {
        school_year: year(start),
    };
    given(vec![registered(), assigned(1)])
        .when(release(2027))
        .then_expect_events(vec![released()]);
    given(vec![registered()])
        .when(release(2027))
        .then_expect_events(vec![StudentEvent::StudentReleased {
            establishment: uai(),
            from: None,
            school_year: year(2027),
        }]);
    for start in [2025, 2026] {
        given(vec![registered(), assigned(1)])
            .when(release(start))
            .then_expect_events(vec![]);
    }
    for gone in [rejected(), released()] {
        given(vec![registered(), gone])
            .when(release(2027))
            .then_expect_events(vec![]);
    }
    for history in [vec![], vec![registered(), StudentEvent::StudentErased {}]] {
        given(history)
            .when(release(2027))
            .then_expect_error(Refusal::StudentNotFound);
    }
}
