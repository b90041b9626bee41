//! What must be so of classes once an action is appended.

use domain::{establishment::EstablishmentEvent, event::Event, refusal::Refusal};
use store::{Check, EventRecord, Rows, StoreError};

use crate::last_year::ending_their_year;

/// What is asked of these events.
pub(super) fn of(events: &[EventRecord]) -> Vec<Check> {
    vec![left_with_a_class(events), kept_from_last_year(events)]
}

/// Finds those who left a staff and would keep a class of it.
///
/// Whoever leaves is looked for in the classes that the log names, which does not show an assignment that
/// commits after that look and appends nothing to the establishment's stream. But an assignment shares the
/// last event of that stream, and an action that appends to the stream holds that event for itself, both
/// before they write anything. So either the assignment waits, and then finds the stream gone on; or the
/// one who leaves waited for it, and then its row is seen here, every statement of a transaction seeing what
/// committed before it began. `SQLite` lets one write at a time, with the same two outcomes.
fn left_with_a_class(events: &[EventRecord]) -> Check {
    let left = || {
        events.iter().filter_map(|record| match &record.event {
            Event::Establishment(
                EstablishmentEvent::StaffLeft { staff }
                | EstablishmentEvent::HeadReplaced {
                    previous: staff, ..
                },
            ) => Some((staff, &record.establishment)),
            _ => None,
        })
    };
    Check {
        sql: "SELECT 1 FROM {rows} \
                JOIN class_main_teachers m ON m.staff_id = rows.staff_id \
                JOIN classes c ON c.id = m.class_id AND c.establishment = rows.establishment \
              WHERE NOT EXISTS (SELECT 1 FROM staff s \
                                WHERE s.staff_id = rows.staff_id \
                                  AND s.establishment = rows.establishment)",
        rows: Rows::new()
            .text("staff_id", left().map(|(staff, _)| staff))
            .text(
                "establishment",
                left().map(|(_, establishment)| establishment),
            ),
    }
}

/// Finds classes that an establishment keeps from the year that ends. One that is created while the year
/// is ended appends nothing to what that was decided on, but shares the establishment's last event, as in
/// [`left_with_a_class`].
fn kept_from_last_year(events: &[EventRecord]) -> Check {
    Check {
        sql: "SELECT 1 FROM {rows} JOIN classes c ON c.establishment = rows.establishment",
        rows: Rows::new().text("establishment", ending_their_year(events)),
    }
}

/// The unique index over the names of an establishment's classes, as each engine names it.
const NAMES: [&str; 2] = [
    "classes_name",
    "classes.establishment, classes.school_year, classes.name_key",
];

/// The unique index that somebody violates who chooses two classes at once, as each engine names it: the
/// later choice is decided again, and leaves the class that the earlier one took.
const ONE_CLASS_EACH: [&str; 2] = ["class_main_teachers_staff", "class_main_teachers.staff_id"];

/// What became of an action that violated this unique index.
pub(super) fn violated(index: &str) -> Option<StoreError> {
    if NAMES.contains(&index) {
        Some(Refusal::ClassNameTaken.into())
    } else if ONE_CLASS_EACH.contains(&index) {
        Some(StoreError::Conflict)
    } else {
        None
    }
}
