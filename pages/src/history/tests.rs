use chrono::{DateTime, TimeDelta};
use domain::{
    actor::{Actor, Metadata},
    class::ClassEvent,
    event::Event,
    ids::{ClassId, CommandId, CorrelationId, StudentId},
    student::StudentEvent,
    values::LocalTime,
};
use projections::history::HistoryItem;
use serde_json::Value;
use store::{Checkpoint, EventRecord, StreamId};
use uuid::Uuid;

use super::{choices::Choice, *};
use crate::testing::{NASTY, checked, framed};

const A: ClassId = ClassId::new(Uuid::from_u128(0xa));
const B: ClassId = ClassId::new(Uuid::from_u128(0xb));

fn pupil(number: i64) -> StudentId {
    StudentId::new(Uuid::from_u128(number.unsigned_abs().into()))
}

/// An event about this pupil, so many minutes after 22:30 in Paris.
fn item(position: i64, number: i64, command: i64, event: impl Into<Event>) -> HistoryItem {
    let event = event.into();
    let start: DateTime<chrono::Utc> = "2027-03-27T21:30:00Z".parse().unwrap();
    let record = EventRecord {
        stream: StreamId {
            aggregate_type: event.aggregate_type(),
            aggregate_id: String::new(),
        },
        sequence: 1,
        event,
        metadata: Metadata {
            command: CommandId::new(Uuid::from_u128(command.unsigned_abs().into())),
            correlation: CorrelationId::new(Uuid::nil()),
            actor: Actor::system(),
        },
        recorded_at: start + TimeDelta::minutes(command),
        establishment: Watched::sample("").uai,
    };
    HistoryItem {
        clock: LocalTime::of(None, None),
        checkpoint: Checkpoint {
            transaction: 1,
            position,
        },
        class: Some(A),
        student: Some(pupil(number)),
        actor_name: None,
        data: Value::Null,
        summary: format!("{} {}", record.event.event_type(), NASTY[0]),
        deed: String::new(),
        record,
    }
}

/// Moves, newest first, each the command of its number: three events.
fn moves(numbers: impl DoubleEndedIterator<Item = i64>) -> Vec<HistoryItem> {
    let events = numbers.rev().flat_map(|number| {
        let student = pupil(number);
        let at = number * 3;
        [
            item(
                at + 2,
                number,
                number,
                StudentEvent::StudentMoved { from: A, to: B },
            ),
            item(
                at + 1,
                number,
                number,
                ClassEvent::StudentAdmitted {
                    student,
                    from: Some(A),
                },
            ),
            item(
                at,
                number,
                number,
                ClassEvent::StudentWithdrawn {
                    student,
                    to: Some(B),
                },
            ),
        ]
    });
    events.collect()
}

fn page(items: &[HistoryItem], name: &str, asked: Asked) -> String {
    let school = Watched::sample(name);
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        is_chosen: false,
    };
    checked(&HistoryPage {
        frame: framed("Historique", Place::History),
        days: entries::days(items, &school, false),
        school,
        asked,
        faults: Faults::default(),
        choices: Choices {
            classes: vec![choice("a")],
            ..Choices::default()
        },
        next: None,
    })
}

/// A move is one sentence, which opens into its three; a day ends at midnight by the clock on the wall.
#[test]
fn a_move_is_one_entry_of_its_day() {
    let items = moves(0..45);
    let days = entries::days(&items, &Watched::sample("Collège"), false);
    let titles: Vec<_> = days
        .iter()
        .map(|day| (&*day.title, day.entries.len()))
        .collect();
    assert_eq!(
        titles,
        [("samedi 27 mars 2027", 45)],
        "21:30 to 22:14 UTC is still the 27th in winter time"
    );
    let entry = &days[0].entries[0];
    assert_eq!(entry.time, "23:14");
    let kinds: Vec<_> = entry
        .parts
        .iter()
        .map(|part| part.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["StudentWithdrawn", "StudentAdmitted", "StudentMoved"]
    );
    let address = |name| {
        &entry
            .links
            .iter()
            .find(|link| link.name == name)
            .unwrap()
            .address
    };
    assert_eq!(
        address("avant"),
        "/historique/classes?instant=2027-03-27T22%3A13%3A59.999999Z"
    );
    assert_eq!(
        address("après"),
        "/historique/classes?instant=2027-03-27T22%3A14%3A00.000000Z"
    );

    let over_midnight = entries::days(&moves(80..100), &Watched::sample("Collège"), false);
    let titles: Vec<_> = over_midnight
        .iter()
        .map(|day| (&*day.title, day.entries.len()))
        .collect();
    assert_eq!(
        titles,
        [("dimanche 28 mars 2027", 10), ("samedi 27 mars 2027", 10)]
    );

    let of_class = entries::days(&items[1..3], &Watched::sample("Collège"), true);
    assert_eq!(of_class[0].entries.len(), 2);
}

/// The page ends between two actions: none is cut in two, none is left out.
#[test]
fn a_page_ends_between_two_actions() {
    let mut all = moves(0..60);
    let mut whole = all.split_off(all.len() - 30);
    assert_eq!(entries::cut(&mut whole), None);
    all.extend(whole);
    all.remove(0);
    all.truncate(usize::try_from(entries::READ).unwrap());
    let next = entries::cut(&mut all).unwrap();
    assert_eq!(
        all.len(),
        149,
        "one more event would be the first of a move"
    );
    assert_eq!(next, all[148].checkpoint);
}

/// An empty history says why; thirty entries and the worst names are shown as they are.
#[test]
fn the_history_renders_whatever_is_in_it() {
    let html = page(&[], NASTY[2], Asked::default());
    assert!(html.contains("Rien ne s'est encore passé") || html.contains("Rien ne s&#39;est"));
    let typed = [("classe".to_owned(), A.to_string())].into_iter().collect();
    let html = page(&[], "Collège", Asked::new(typed));
    assert!(
        html.contains("Rien ne correspond") && html.contains("<details class=\"filters\" open>")
    );
    for count in [1, 30] {
        let html = page(&moves(0..count), NASTY[1], Asked::default());
        assert_eq!(
            html.matches("<span class=\"time\">").count(),
            usize::try_from(count).unwrap()
        );
    }
    for name in NASTY {
        let html = checked(&ChoosePage {
            frame: framed("Historique", Place::History),
            search: Search {
                query: name.to_owned(),
                ..Search::default()
            },
        });
        assert!(html.contains("Aucun établissement"));
    }
}
