//! Who is in a class, and who teaches it.

use super::*;

/// A class counts its pupils by itself. Counting one twice, or letting go somebody who is not
/// there, would leave a class that is never empty, or empty too soon.
#[test]
fn a_pupil_is_in_a_class_once_or_not_at_all() {
    let from = Some(ClassId::new(Uuid::from_u128(9)));
    given(vec![created()])
        .when(ClassCommand::Admit {
            student: student(1),
            from,
        })
        .then_expect_events(vec![ClassEvent::StudentAdmitted {
            student: student(1),
            from,
        }]);
    given(vec![created(), admitted(1)])
        .when(admit(1))
        .then_expect_events(vec![]);
    given(vec![created(), admitted(1)])
        .when(withdraw(1))
        .then_expect_events(vec![withdrawn(1)]);
    given(vec![created(), admitted(1)])
        .when(withdraw(2))
        .then_expect_error(Refusal::StudentNotFound);
}

/// A class may have several main teachers, each once; saying again what is so already leaves no
/// trace. The history says which class a teacher came from.
#[test]
fn a_main_teacher_takes_a_class_and_leaves_it() {
    let from = Some(ClassId::new(Uuid::from_u128(9)));
    given(vec![created(), assigned(7)])
        .when(ClassCommand::AssignMainTeacher {
            teacher: teacher(8),
            from,
        })
        .then_expect_events(vec![ClassEvent::MainTeacherAssigned {
            teacher: teacher(8),
            from,
        }]);
    given(vec![created(), assigned(7)])
        .when(assign(7))
        .then_expect_events(vec![]);
    let left = ClassEvent::MainTeacherUnassigned {
        teacher: teacher(7),
    };
    given(vec![created(), assigned(7)])
        .when(unassign(7))
        .then_expect_events(vec![left.clone()]);
    given(vec![created(), assigned(7), left])
        .when(unassign(7))
        .then_expect_events(vec![]);
}
