//! What the directory says of an establishment.

use super::*;

/// A row of a file that has no column but the name and the town.
fn bare_row() -> ListingUpdate {
    ListingUpdate {
        name: "COLLEGE DES TILLEULS".to_owned(),
        city: "VILLENEUVE".to_owned(),
        postal_code: None,
        department: None,
        academy: None,
        mailbox: None,
        closed: None,
        priority: None,
    }
}

fn full_row(priority: Option<Priority>) -> ListingUpdate {
    let listing = listing(priority);
    ListingUpdate {
        postal_code: listing.postal_code,
        academy: listing.academy,
        mailbox: listing.mailbox,
        priority: Some(priority),
        ..bare_row()
    }
}

/// The directory is loaded again and again, thousands of rows each time. Only what really changed
/// may enter the history, or nobody would find the change in it.
#[test]
fn the_directory_leaves_a_trace_only_when_it_says_something_new() {
    let list = |row| EstablishmentCommand::List(row);
    given(vec![])
        .when(list(full_row(None)))
        .then_expect_events(vec![listed(None)]);
    given(vec![listed(None)])
        .when(list(full_row(None)))
        .then_expect_events(vec![]);
    given(vec![listed(None)])
        .when(list(full_row(Some(Priority::RepPlus))))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: listing(Some(Priority::RepPlus)),
        }]);
}

/// Two public lists name the same schools with different columns. Loading one after the other
/// completes what is known; it must not wipe out, say, the mailbox that only the first one gives.
#[test]
fn what_a_file_does_not_say_stays_as_it_was() {
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::List(bare_row()))
        .then_expect_events(vec![]);
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::List(ListingUpdate {
            department: Some("PARIS".to_owned()),
            ..bare_row()
        }))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: Listing {
                department: Some("PARIS".to_owned()),
                ..listing(Some(Priority::Rep))
            },
        }]);
}

/// A school that leaves priority education has an empty cell where the mark was. Since that mark
/// decides who may take part, an empty cell there is news, unlike in any other column.
#[test]
fn an_empty_priority_takes_the_mark_away() {
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::List(full_row(None)))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: listing(None),
        }]);
}

/// A school closes once and may open again: told once each time. A list that says nothing of it changes
/// nothing, and one that was never known is none of anybody's business.
#[test]
fn a_closed_school_is_told_once_and_may_open_again() {
    let closed = || EstablishmentEvent::EstablishmentRelisted {
        listing: Listing {
            closed: true,
            ..listing(Some(Priority::Rep))
        },
    };
    given(vec![])
        .when(EstablishmentCommand::Close)
        .then_expect_events(vec![]);
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::Close)
        .then_expect_events(vec![closed()]);
    let known = || given(vec![listed(Some(Priority::Rep)), closed()]);
    known()
        .when(EstablishmentCommand::Close)
        .then_expect_events(vec![]);
    known()
        .when(EstablishmentCommand::List(bare_row()))
        .then_expect_events(vec![]);
    known()
        .when(EstablishmentCommand::List(ListingUpdate {
            closed: Some(false),
            ..bare_row()
        }))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: listing(Some(Priority::Rep)),
        }]);
}
