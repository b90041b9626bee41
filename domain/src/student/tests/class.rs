//! Which class a pupil is in.

use super::*;

/// Pupils who did not say their class wait for one (manual, "Comment spécifier la classe d'un
/// élève ?"); those who have one change class. The history tells the two apart.
#[test]
fn a_first_class_is_assigned_and_another_is_a_move() {
    given(vec![registered()])
        .when(place(1))
        .then_expect_events(vec![assigned(1)]);
    given(vec![registered(), assigned(1)])
        .when(place(2))
        .then_expect_events(vec![StudentEvent::StudentMoved {
            from: class(1),
            to: class(2),
        }]);
}

/// When both wanted the same class, or the button was pressed twice, all is as they wished: an
/// error would send them looking for a problem that is not there.
#[test]
fn a_pupil_already_where_they_should_be_stays() {
    given(vec![registered(), assigned(1)])
        .when(place(1))
        .then_expect_events(vec![]);
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
    .when(place(1))
    .then_expect_events(vec![assigned(1)]);
}
