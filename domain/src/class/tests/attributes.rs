//! What a class is called and teaches.

use super::*;

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
        .then_expect_error(Refusal::ClassNotFound);
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
    assert_eq!(class.check_version(Some(&[1])), Ok(()));
    assert_eq!(class.check_version(None), Ok(()));

    let class = state(vec![created(), renamed, retracked]);
    assert_eq!(
        class.check_version(Some(&[1])),
        Err(Refusal::StaleVersion { current: 3 })
    );
    assert_eq!(class.check_version(Some(&[3])), Ok(()));
}
