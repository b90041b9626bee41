//! Given what happened to a pupil, when something is asked, then this happens.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;

fn given(events: Vec<StudentEvent>) -> AggregateTestExecutor<Student> {
    TestFramework::with(()).given(events)
}

fn class(id: u128) -> ClassId {
    ClassId::new(Uuid::from_u128(id))
}

fn uai() -> Uai {
    Uai::parse("0132572A").unwrap()
}

fn year(year: i32) -> SchoolYear {
    SchoolYear::starting(year).unwrap()
}

fn registered() -> StudentEvent {
    StudentEvent::StudentRegistered {
        establishment: uai(),
        school_year: year(2026),
    }
}

fn register(establishment: &str) -> StudentCommand {
    StudentCommand::Register {
        establishment: Uai::parse(establishment).unwrap(),
        school_year: year(2026),
    }
}

fn rejoin(establishment: &str, start: i32) -> StudentCommand {
    StudentCommand::Rejoin {
        establishment: Uai::parse(establishment).unwrap(),
        school_year: year(start),
    }
}

fn rejoined(establishment: &str, start: i32) -> StudentEvent {
    StudentEvent::StudentRejoined {
        establishment: Uai::parse(establishment).unwrap(),
        school_year: year(start),
    }
}

fn assigned(id: u128) -> StudentEvent {
    StudentEvent::StudentAssigned { class: class(id) }
}

fn place(id: u128, expected: Option<u128>) -> StudentCommand {
    StudentCommand::Place {
        class: class(id),
        expected: expected.map(|id| Some(class(id))),
    }
}

fn rejected() -> StudentEvent {
    StudentEvent::StudentRejected {
        establishment: uai(),
        from: Some(class(1)),
    }
}

fn released() -> StudentEvent {
    StudentEvent::StudentReleased {
        establishment: uai(),
        from: Some(class(1)),
        school_year: year(2027),
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
            .then_expect_error(StudentError::AlreadyRegistered);
    }
}

/// Pupils who did not say their class wait for one (manual, "Comment spécifier la classe d'un
/// élève ?"); those who have one change class. The history tells the two apart.
#[test]
fn a_first_class_is_assigned_and_another_is_a_move() {
    given(vec![registered()])
        .when(place(1, None))
        .then_expect_events(vec![assigned(1)]);
    given(vec![registered(), assigned(1)])
        .when(place(2, None))
        .then_expect_events(vec![StudentEvent::StudentMoved {
            from: class(1),
            to: class(2),
        }]);
}

/// Two members of staff move one pupil at the same moment. The second decided on what is no
/// longer so, and has to hear where the pupil is now rather than undo the first unknowingly.
#[test]
fn a_move_based_on_an_old_page_is_refused() {
    given(vec![registered(), assigned(1)])
        .when(place(3, Some(2)))
        .then_expect_error(StudentError::MovedMeanwhile {
            current: Some(class(1)),
        });
    given(vec![registered()])
        .when(place(3, Some(2)))
        .then_expect_error(StudentError::MovedMeanwhile { current: None });
    given(vec![registered(), assigned(1)])
        .when(place(3, Some(1)))
        .then_expect_events(vec![StudentEvent::StudentMoved {
            from: class(1),
            to: class(3),
        }]);
}

/// Two members of staff give a class to the same new pupil: the second, who saw a pupil without a
/// class, must not undo the first unknowingly either.
#[test]
fn a_pupil_seen_without_a_class_may_have_got_one() {
    let seen_without = StudentCommand::Place {
        class: class(3),
        expected: Some(None),
    };
    given(vec![registered(), assigned(1)])
        .when(seen_without.clone())
        .then_expect_error(StudentError::MovedMeanwhile {
            current: Some(class(1)),
        });
    given(vec![registered()])
        .when(seen_without)
        .then_expect_events(vec![assigned(3)]);
}

/// When both wanted the same class, or the button was pressed twice, all is as they wished: an
/// error would send them looking for a problem that is not there.
#[test]
fn a_pupil_already_where_they_should_be_stays() {
    for expected in [None, Some(1), Some(2)] {
        given(vec![registered(), assigned(1)])
            .when(place(1, expected))
            .then_expect_events(vec![]);
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
        for command in [place(1, None), StudentCommand::Reject] {
            given(vec![registered(), assigned(1), end.clone()])
                .when(command)
                .then_expect_error(StudentError::NotInEstablishment);
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
        .then_expect_error(StudentError::AlreadyRegistered);
    given(vec![registered()])
        .when(rejoin("0132572A", 2027))
        .then_expect_error(StudentError::AlreadyRegistered);
    for history in [
        vec![],
        vec![registered(), rejected(), StudentEvent::StudentErased {}],
    ] {
        given(history)
            .when(rejoin("0132572A", 2026))
            .then_expect_error(StudentError::NotFound);
    }
}

/// A pupil who joins again starts without a class, whatever class they had before: that one
/// belongs to another school, or to a year that is over.
#[test]
fn a_pupil_who_joins_again_starts_without_a_class() {
    given(vec![
        registered(),
        assigned(1),
        released(),
        rejoined("0132572A", 2027),
    ])
    .when(place(1, None))
    .then_expect_events(vec![assigned(1)]);
}

/// Someone who never signed up, or whose data were erased, is not there for anybody.
#[test]
fn an_unknown_or_erased_pupil_is_not_found() {
    for history in [
        vec![],
        vec![registered(), assigned(1), StudentEvent::StudentErased {}],
    ] {
        for command in [place(1, None), StudentCommand::Reject] {
            given(history.clone())
                .when(command)
                .then_expect_error(StudentError::NotFound);
        }
    }
}

/// Somebody asks to be forgotten: the answer is yes whatever they are at that moment, in a class,
/// in none, or in no school any more; and asking twice is no second erasure.
#[test]
fn a_pupil_is_erased_from_wherever_they_are() {
    for history in [
        vec![registered()],
        vec![registered(), assigned(1)],
        vec![registered(), assigned(1), rejected()],
        vec![registered(), released()],
        vec![registered(), released(), rejoined("0750001U", 2027)],
    ] {
        given(history.clone())
            .when(StudentCommand::Erase)
            .then_expect_events(vec![StudentEvent::StudentErased {}]);
        given([history, vec![StudentEvent::StudentErased {}]].concat())
            .when(StudentCommand::Erase)
            .then_expect_events(vec![]);
    }
    given(vec![])
        .when(StudentCommand::Erase)
        .then_expect_error(StudentError::NotFound);
}

/// The erasure of a pupil who left long ago still is the business of the school they left: its head
/// must find it in the trail.
#[test]
fn an_erased_pupil_is_in_no_school_and_was_last_in_one() {
    let mut student = Student::default();
    for event in [
        registered(),
        rejected(),
        rejoined("0750001U", 2027),
        released(),
    ] {
        student.apply(event);
    }
    student.apply(StudentEvent::StudentErased {});
    assert_eq!(student.establishment, None);
    assert_eq!(student.last_establishment, Uai::parse("0750001U").ok());
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
            .then_expect_error(StudentError::NotFound);
    }
}
