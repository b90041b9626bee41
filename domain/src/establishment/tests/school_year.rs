//! The year that an establishment is in.

use super::*;

/// The reset opens a year once, for those who take part, and never goes back: run again, or for a year
/// that is over, it changes nothing.
#[test]
fn the_reset_opens_a_later_year_once() {
    let open_year = |start| EstablishmentCommand::OpenSchoolYear {
        school_year: year(start),
    };
    let opened = |start| EstablishmentEvent::SchoolYearOpened {
        school_year: year(start),
    };
    for start in [2027, 2028] {
        given(open())
            .when(open_year(start))
            .then_expect_events(vec![opened(start)]);
    }
    for start in [2025, 2026] {
        given(open())
            .when(open_year(start))
            .then_expect_events(vec![]);
    }
    given([open(), vec![opened(2027)]].concat())
        .when(open_year(2027))
        .then_expect_events(vec![]);
    given(vec![])
        .when(open_year(2027))
        .then_expect_error(Refusal::EstablishmentNotRegistered);
}
