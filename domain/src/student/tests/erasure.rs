//! A pupil who asks to be forgotten.

use super::*;

/// Someone who never signed up, or whose data were erased, is not there for anybody.
#[test]
fn an_unknown_or_erased_pupil_is_not_found() {
    for history in [
        vec![],
        vec![registered(), assigned(1), StudentEvent::StudentErased {}],
    ] {
        for command in [place(1), StudentCommand::Reject] {
            given(history.clone())
                .when(command)
                .then_expect_error(Refusal::StudentNotFound);
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
        .then_expect_error(Refusal::StudentNotFound);
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
