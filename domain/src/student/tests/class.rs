//! Which class a pupil is in.

use super::*;

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
