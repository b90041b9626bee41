//! When a class is there, and how it ends.

use super::*;

/// "La classe concernée doit être vide" (manual, "Comment supprimer une classe"): a class deleted
/// with pupils in it would leave them in no list that staff look at. Once the last one left it
/// may go, and deleting it twice is the same as once.
#[test]
fn a_class_is_deleted_only_when_empty() {
    given(vec![created(), admitted(1), admitted(2)])
        .when(ClassCommand::Delete)
        .then_expect_error(Refusal::ClassNotEmpty { students: 2 });
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
                .then_expect_error(Refusal::ClassNotFound);
        }
    }
    given(vec![created(), purged()])
        .when(ClassCommand::Delete)
        .then_expect_error(Refusal::ClassNotFound);
}

/// An id that was never a class is a wrong link: nothing of one may come into being by the way.
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
            .then_expect_error(Refusal::ClassNotFound);
    }
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
        .then_expect_error(Refusal::ClassNotFound);
}
