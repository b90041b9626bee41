use cqrs_es::persist::SemanticVersionEventUpcaster;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::ids::PersonId;
use crate::values::SchoolYear;

fn year_opened() -> Event {
    EstablishmentEvent::SchoolYearOpened {
        school_year: SchoolYear::starting(2026).unwrap(),
    }
    .into()
}

/// A made-up first shape of the event, from before school years were numbers.
fn from_labels() -> Vec<Box<dyn EventUpcaster>> {
    vec![Box::new(SemanticVersionEventUpcaster::new(
        "SchoolYearOpened",
        "1.0",
        Box::new(|old| {
            let label = old["SchoolYearOpened"]["label"].as_str().unwrap_or("");
            let year = label.parse::<SchoolYear>().map_or(0, SchoolYear::year);
            json!({ "SchoolYearOpened": { "school_year": year } })
        }),
    ))]
}

fn decode_old(version: &str, payload: &str) -> Result<Event, DecodeError> {
    Event::decode_with(
        &from_labels(),
        "establishment",
        "SchoolYearOpened",
        version,
        payload,
    )
}

/// The log is never rewritten, so what an older program wrote has to be understood for as long as
/// there are schools. The present shape must not pass through the upcaster: here it would come
/// out as the year 0, which is refused.
#[test]
fn an_older_version_is_upcast_and_the_present_one_is_not() {
    let old = r#"{"SchoolYearOpened":{"label":"2026-2027"}}"#;
    let present = r#"{"SchoolYearOpened":{"school_year":2026}}"#;

    assert_eq!(decode_old("0.9", old).unwrap(), year_opened());
    assert_eq!(decode_old("1.0", present).unwrap(), year_opened());
    assert!(decode_old("0.9", present).is_err());
}

/// The first assignments of main teachers did not say which class they left: they must go on reading
/// as what they were, that of somebody who had none or did not say.
#[test]
fn a_main_teacher_assigned_by_version_1_0_left_no_class() {
    let old = r#"{"MainTeacherAssigned":{"teacher":"00000000-0000-0000-0000-000000000071"}}"#;
    assert_eq!(
        Event::decode("class", "MainTeacherAssigned", "1.0", old).unwrap(),
        Event::Class(ClassEvent::MainTeacherAssigned {
            teacher: PersonId::new(Uuid::from_u128(0x71)),
            from: None,
        })
    );
}

/// An old version that nothing upcasts, or one from a newer program, may look like the present
/// shape and mean something else. Reading stops and names it rather than guess.
#[test]
fn a_version_that_nothing_brings_to_the_present_is_named() {
    let payload = r#"{"SchoolYearOpened":{"school_year":2026}}"#;
    for version in ["0.9", "1.1", "2.0", "", "one"] {
        let error =
            Event::decode("establishment", "SchoolYearOpened", version, payload).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("event SchoolYearOpened has version {version:?}, this program knows 1.0")
        );
    }
    assert!(matches!(
        decode_old("2.0", payload),
        Err(DecodeError::UnknownVersion { .. })
    ));
}

/// During an upgrade an older server may read what a newer one wrote. It has to say which event
/// it does not know, never skip it: a read model with a hole in it is worse than none.
#[test]
fn an_unknown_event_or_aggregate_is_named() {
    let decode = |aggregate, event| Event::decode(aggregate, event, "1.0", "{}");
    assert_eq!(
        decode("class", "ClassPainted").unwrap_err().to_string(),
        "unknown event \"ClassPainted\" of aggregate \"class\""
    );
    assert_eq!(
        decode("class", "StudentMoved").unwrap_err().to_string(),
        "unknown event \"StudentMoved\" of aggregate \"class\""
    );
    assert_eq!(
        decode("canteen", "ClassDeleted").unwrap_err().to_string(),
        "unknown aggregate type \"canteen\""
    );
}

/// A row whose columns and payload disagree was tampered with or damaged; believing either one
/// would put something in the history that never happened.
#[test]
fn a_row_that_contradicts_itself_is_refused() {
    let decode = |payload| Event::decode("class", "ClassDeleted", "1.0", payload);
    assert!(matches!(
        decode(r#"{"ClassPurged":{"school_year":2026}}"#),
        Err(DecodeError::Mismatch {
            found: "ClassPurged",
            ..
        })
    ));
    assert!(matches!(
        decode(r#"{"ClassDeleted":"#),
        Err(DecodeError::Payload { .. })
    ));
    assert!(decode(r#"{"ClassDeleted":{}}"#).is_ok());
}

/// The columns beside a payload are what readers filter and dispatch on.
#[test]
fn an_event_says_what_goes_in_its_row() {
    let event = year_opened();
    assert_eq!(event.aggregate_type(), "establishment");
    assert_eq!(event.event_type(), "SchoolYearOpened");
    assert_eq!(event.event_version(), "1.0");
    assert_eq!(
        event.payload().unwrap(),
        r#"{"SchoolYearOpened":{"school_year":2026}}"#
    );
}

/// The history gives the type in a field of its own. What an event says must not be wrapped in it
/// again, nor be missing: an export that lost it would be noticed years later.
#[test]
fn an_event_says_what_it_holds_without_its_type() {
    assert_eq!(
        year_opened().data().unwrap(),
        json!({ "school_year": 2026 })
    );
    let deleted = Event::from(ClassEvent::ClassDeleted {});
    assert_eq!(deleted.data().unwrap(), json!({}));
}

/// Upcasters know events by name alone; two aggregates with an event of one name would be mixed
/// up by the first upcaster written.
#[test]
fn no_two_events_share_a_name() {
    let mut names: Vec<&str> = Event::types().collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Checks one aggregate's pinned events: none is forgotten, each is among the types that the history
/// can be asked for, and each comes back from its JSON.
pub(crate) fn assert_complete<T>(kinds: &[(&'static str, &'static str)], samples: &[T])
where
    T: Clone + Into<Event>,
{
    let events: Vec<Event> = samples.iter().cloned().map(Into::into).collect();
    assert!(events.iter().map(Event::kind).eq(kinds.iter().copied()));
    for event in events {
        let (event_type, version) = event.kind();
        assert!(Event::types().any(|known| known == event_type));
        let payload = event.payload().unwrap();
        let read = Event::decode(event.aggregate_type(), event_type, version, &payload);
        assert_eq!(read.unwrap(), event);
    }
}
