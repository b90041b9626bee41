//! Given what happened to a class, when something is asked of it, then this happens.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::ids::ClassId;

fn given(events: Vec<ClassEvent>) -> AggregateTestExecutor<Class> {
    TestFramework::with(()).given(events)
}

fn name(text: &str) -> ClassName {
    ClassName::parse(text).unwrap()
}

fn student(id: u128) -> StudentId {
    StudentId::new(Uuid::from_u128(id))
}

fn year(year: i32) -> SchoolYear {
    SchoolYear::starting(year).unwrap()
}

fn created() -> ClassEvent {
    ClassEvent::ClassCreated {
        establishment: Uai::parse("0132572A").unwrap(),
        school_year: year(2026),
        name: name("3e A"),
        track: Track::TroisiemeGenerale,
    }
}

fn create(text: &str) -> ClassCommand {
    ClassCommand::Create {
        establishment: Uai::parse("0132572A").unwrap(),
        school_year: year(2026),
        name: name(text),
        track: Track::TroisiemeGenerale,
    }
}

fn rename(text: &str) -> ClassCommand {
    ClassCommand::Rename { name: name(text) }
}

fn admitted(id: u128) -> ClassEvent {
    ClassEvent::StudentAdmitted {
        student: student(id),
        from: None,
    }
}

fn admit(id: u128) -> ClassCommand {
    ClassCommand::Admit {
        student: student(id),
        from: None,
    }
}

fn withdraw(id: u128) -> ClassCommand {
    ClassCommand::Withdraw {
        student: student(id),
        to: None,
    }
}

fn withdrawn(id: u128) -> ClassEvent {
    ClassEvent::StudentWithdrawn {
        student: student(id),
        to: None,
    }
}

fn teacher(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

fn assign(id: u128) -> ClassCommand {
    ClassCommand::AssignMainTeacher {
        teacher: teacher(id),
        from: None,
    }
}

fn assigned(id: u128) -> ClassEvent {
    ClassEvent::MainTeacherAssigned {
        teacher: teacher(id),
        from: None,
    }
}

fn unassign(id: u128) -> ClassCommand {
    ClassCommand::UnassignMainTeacher {
        teacher: teacher(id),
    }
}

fn purged() -> ClassEvent {
    ClassEvent::ClassPurged {
        school_year: year(2027),
    }
}

fn state(events: Vec<ClassEvent>) -> Class {
    let mut class = Class::default();
    for event in events {
        class.apply(event);
    }
    class
}

/// Opening classes is where staff begin. An answer lost on the way makes them, or their browser,
/// ask again: the same request finds its work done, while another class under the same id is a
/// mistake that must not overwrite the first.
#[test]
fn a_class_is_created_once() {
    given(vec![])
        .when(create("3e A"))
        .then_expect_events(vec![created()]);
    given(vec![created()])
        .when(create("3e A"))
        .then_expect_events(vec![]);
    given(vec![created()])
        .when(create("3e B"))
        .then_expect_error(ClassError::AlreadyExists);
}

/// The audit trail shows "renamed from … to …", so the event itself knows the former name; a
/// save without a change leaves no trace at all.
#[test]
fn a_rename_remembers_the_former_name() {
    given(vec![created()])
        .when(rename("3e B"))
        .then_expect_events(vec![ClassEvent::ClassRenamed {
            name: name("3e B"),
            previous: name("3e A"),
        }]);
    given(vec![created()])
        .when(rename("3e A"))
        .then_expect_events(vec![]);
}

/// Correcting an accent or a capital is a rename like any other, even though such names count as
/// one for uniqueness.
#[test]
fn a_rename_may_change_the_case_alone() {
    given(vec![created()])
        .when(rename("3E A"))
        .then_expect_events(vec![ClassEvent::ClassRenamed {
            name: name("3E A"),
            previous: name("3e A"),
        }]);
}

/// The track decides which offers suit the class; its history is kept as that of the name.
#[test]
fn a_change_of_track_remembers_the_former_one() {
    let change = |track| ClassCommand::ChangeTrack { track };
    given(vec![created()])
        .when(change(Track::TroisiemeSegpa))
        .then_expect_events(vec![ClassEvent::ClassTrackChanged {
            track: Track::TroisiemeSegpa,
            previous: Track::TroisiemeGenerale,
        }]);
    given(vec![created()])
        .when(change(Track::TroisiemeGenerale))
        .then_expect_events(vec![]);
}

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
        .then_expect_error(ClassError::StudentNotInClass);
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

/// "La classe concernée doit être vide" (manual, "Comment supprimer une classe"): a class deleted
/// with pupils in it would leave them in no list that staff look at. Once the last one left it
/// may go, and deleting it twice is the same as once.
#[test]
fn a_class_is_deleted_only_when_empty() {
    given(vec![created(), admitted(1), admitted(2)])
        .when(ClassCommand::Delete)
        .then_expect_error(ClassError::NotEmpty { students: 2 });
    given(vec![created(), admitted(1), withdrawn(1)])
        .when(ClassCommand::Delete)
        .then_expect_events(vec![ClassEvent::ClassDeleted {}]);
    given(vec![created(), ClassEvent::ClassDeleted {}])
        .when(ClassCommand::Delete)
        .then_expect_events(vec![]);
}

/// Somebody whose page is an hour old may still act on a class that is gone. Nothing may bring
/// it back, and above all no pupil may be put into it.
#[test]
fn nothing_happens_to_a_class_that_is_gone() {
    for end in [ClassEvent::ClassDeleted {}, purged()] {
        for command in [
            create("3e A"),
            rename("3e B"),
            admit(1),
            withdraw(1),
            assign(7),
            unassign(7),
        ] {
            given(vec![created(), end.clone()])
                .when(command)
                .then_expect_error(ClassError::Gone);
        }
    }
    given(vec![created(), purged()])
        .when(ClassCommand::Delete)
        .then_expect_error(ClassError::Gone);
}

/// An id that was never a class is not the same as a class that is gone: the first is a wrong
/// link, the second a matter for the history.
#[test]
fn nothing_happens_to_a_class_that_never_was() {
    for command in [
        rename("3e B"),
        ClassCommand::ChangeTrack {
            track: Track::TroisiemeSegpa,
        },
        admit(1),
        withdraw(1),
        assign(7),
        unassign(7),
        ClassCommand::Delete,
    ] {
        given(vec![])
            .when(command)
            .then_expect_error(ClassError::NotFound);
    }
}

/// Two colleagues edit one class at once: the second must hear that it changed under their hands.
/// Pupils who sign up meanwhile, dozens on a September morning, are no such change.
#[test]
fn a_version_goes_stale_by_the_class_own_changes_only() {
    let renamed = ClassEvent::ClassRenamed {
        name: name("3e B"),
        previous: name("3e A"),
    };
    let retracked = ClassEvent::ClassTrackChanged {
        track: Track::TroisiemeSegpa,
        previous: Track::TroisiemeGenerale,
    };
    let class = state(vec![created(), admitted(1), withdrawn(1), admitted(2)]);
    assert_eq!(class.check_version(Some(1)), Ok(()));
    assert_eq!(class.check_version(None), Ok(()));

    let class = state(vec![created(), renamed, retracked]);
    assert_eq!(
        class.check_version(Some(1)),
        Err(ClassError::StaleVersion { current: 3 })
    );
    assert_eq!(class.check_version(Some(3)), Ok(()));
}

/// What other rules ask of a class: whose it is, whether it can be used, who teaches it, and that
/// the reset leaves nobody in it.
#[test]
fn a_class_knows_its_state() {
    let open = state(vec![created(), admitted(1), assigned(7)]);
    assert!(open.is_open());
    assert!(open.belongs_to(&Uai::parse("0132572A").unwrap()));
    assert!(!open.belongs_to(&Uai::parse("0750001U").unwrap()));
    assert_eq!(open.main_teachers, BTreeSet::from([teacher(7)]));

    let over = state(vec![
        created(),
        admitted(1),
        assigned(7),
        ClassEvent::MainTeacherUnassigned {
            teacher: teacher(7),
        },
        purged(),
    ]);
    assert!(!over.is_open());
    assert!(over.students.is_empty());
    assert!(over.main_teachers.is_empty());
    assert!(!Class::default().is_open());
}

/// The reset ends the classes of earlier years, pupils and all, and only those: run twice, or after
/// somebody opened a class for the new year, it takes nothing more.
#[test]
fn the_reset_purges_classes_of_earlier_years_only() {
    let purge = |year| ClassCommand::Purge {
        school_year: SchoolYear::starting(year).unwrap(),
    };
    given(vec![created(), admitted(1), assigned(7)])
        .when(purge(2027))
        .then_expect_events(vec![purged()]);
    for year in [2025, 2026] {
        given(vec![created(), admitted(1)])
            .when(purge(year))
            .then_expect_events(vec![]);
    }
    for end in [purged(), ClassEvent::ClassDeleted {}] {
        given(vec![created(), end])
            .when(purge(2027))
            .then_expect_events(vec![]);
    }
    given(vec![])
        .when(purge(2027))
        .then_expect_error(ClassError::NotFound);
}
