//! The format, and what a check finds of each way to tamper.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{chain::WHOLE_EVENTS, *};
use crate::Excerpt;

/// An event, for tests to change.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    transaction: i64,
    position: i64,
    sequence: i64,
    seconds: i64,
    nanoseconds: u32,
    /// `aggregate_type`, `aggregate_id`, `event_type`, `event_version`, `payload`, `metadata`,
    /// `establishment`.
    texts: [String; 7],
    /// Its digest when it was appended.
    appended: Option<[u8; 32]>,
}

impl Event {
    fn raw(&self) -> RawEvent<'_> {
        let texts = &self.texts;
        RawEvent {
            checkpoint: Checkpoint {
                transaction: self.transaction,
                position: self.position,
            },
            aggregate_type: &texts[0],
            aggregate_id: &texts[1],
            sequence: self.sequence,
            event_type: &texts[2],
            event_version: &texts[3],
            payload: &texts[4],
            metadata: &texts[5],
            recorded_at: DateTime::from_timestamp(self.seconds, self.nanoseconds).unwrap(),
            instant: None,
            establishment: &texts[6],
            digest: self.appended.as_ref().map(<[u8; 32]>::as_slice),
        }
    }
}

fn sealed_at() -> DateTime<Utc> {
    "2026-11-23T12:00:00.000001Z".parse().unwrap()
}

/// A seal as they are made now.
fn seal_of(previous: Option<&Seal>, events: &[Event]) -> Seal {
    seal_in(DIGESTS, previous, events)
}

fn seal_in(format: i64, previous: Option<&Seal>, events: &[Event]) -> Seal {
    let mut chain = Chain::after(previous, format);
    for event in events {
        let event = event.raw();
        chain.absorb(&event, &EventDigest::of(&event));
    }
    chain.seal(sealed_at())
}

fn any_format() -> impl Strategy<Value = i64> {
    prop::sample::select(vec![WHOLE_EVENTS, DIGESTS])
}

/// A renaming at this position.
fn event(position: i64) -> Event {
    Event {
        transaction: 700 + position,
        position,
        sequence: position,
        seconds: 1_795_435_200,
        nanoseconds: 123_456_000,
        texts: [
            "class",
            "01a05b8d-9300-7000-8000-000000002ee0",
            "ClassRenamed",
            "1.0",
            "{\"name\":\"3e Été\",\"previous\":\"3e A\"}",
            "{\"actor\":{\"role\":\"head\"}}",
            "9990021U",
        ]
        .map(str::to_owned),
        appended: None,
    }
}

/// The chain goes on for years and over many versions of the program, and others check it with programs
/// of their own from what docs/audit.md says: these hashes come from such a program.
#[test]
fn the_formats_never_change() {
    let first = seal_in(WHOLE_EVENTS, None, &[event(1), event(2)]);
    let second = seal_in(WHOLE_EVENTS, Some(&first), &[event(3)]);
    assert_eq!(first.number, 1);
    assert_eq!(
        first.hash,
        "168277a112600130c61fb78815e2713a3108feee176b64bdf479e140ea64f0ad"
    );
    assert_eq!(
        (second.number, second.position, second.transaction),
        (2, 3, 703)
    );
    assert_eq!(
        second.hash,
        "813e5231db810b0ed74b27d5d5818d6539f220e26897fb8e5208b230c6d7559f"
    );
    let newer = seal_in(DIGESTS, Some(&first), &[event(3)]);
    assert_eq!(
        newer.hash,
        "751fb65869211362a3a4b47e816418c63f5a2f6ef1d67907f2eec0b1c2142934"
    );
    let first = seal_in(DIGESTS, None, &[event(1), event(2)]);
    assert_eq!(
        first.hash,
        "0475e69fcb7388e018e514151db01182af9a8e6e53e648003620de190a49939e"
    );
    assert_eq!(
        hex::encode(EventDigest::of(&event(1).raw()).0),
        "9544188ea7eb4a546933f120a2a758539273ebe6c4d2de8e1c934d0c8f3392b3"
    );
}

/// Few and short texts and small numbers, so that two events are often nearly the same.
fn any_event() -> impl Strategy<Value = Event> {
    let texts = prop::array::uniform7("[a\u{0}]{0,2}");
    (0..2_i64, 0..2_i64, 0..2_i64, 0..2_i64, 0..2_u32, texts).prop_map(
        |(transaction, position, sequence, seconds, nanoseconds, texts)| Event {
            transaction,
            position,
            sequence,
            seconds,
            nanoseconds,
            texts,
            appended: None,
        },
    )
}

proptest! {
    /// What a text loses at its end, the one hashed after it has at its beginning.
    #[test]
    fn boundaries_count(
        format in any_format(),
        event in any_event(),
        (left, right) in prop::sample::select(vec![(0, 1), (2, 3), (3, 4), (4, 5)]),
        moved in "[a\u{0}]{1,9}",
    ) {
        let (mut one, mut other) = (event.clone(), event);
        one.texts[left].push_str(&moved);
        other.texts[right].insert_str(0, &moved);
        prop_assert_ne!(seal_in(format, None, &[one]).hash, seal_in(format, None, &[other]).hash);
    }

    /// One field that changes in an event that is like any other.
    #[test]
    fn every_field_counts(
        format in any_format(),
        events in vec(any_event(), 1..4),
        at: Index,
        field in 0..12_usize,
        more in 1..1_000_i64,
    ) {
        let mut other = events.clone();
        let changed = &mut other[at.index(events.len())];
        match field {
            0 => changed.transaction += more,
            1 => changed.position += more,
            2 => changed.sequence += more,
            3 => changed.seconds += more,
            4 => changed.nanoseconds += 1,
            field => changed.texts[field - 5].push('a'),
        }
        prop_assert_ne!(seal_in(format, None, &events).hash, seal_in(format, None, &other).hash);
    }

    #[test]
    fn order_counts(
        format in any_format(),
        mut events in vec(any_event(), 2..5),
        one: Index,
        other: Index,
    ) {
        let before = events.clone();
        let len = events.len();
        events.swap(one.index(len), other.index(len));
        prop_assert_eq!(
            before == events,
            seal_in(format, None, &before).hash == seal_in(format, None, &events).hash
        );
    }
}

/// A log of ten events, at positions 10, 20, … 100, with seals over three, three and two of them. The first is
/// from before there were digests.
fn sealed_log() -> (Vec<Event>, Vec<Seal>) {
    let events: Vec<Event> = (1..=10).map(|number| event(10 * number)).collect();
    let first = seal_in(WHOLE_EVENTS, None, &events[..3]);
    let second = seal_of(Some(&first), &events[3..6]);
    let third = seal_of(Some(&second), &events[6..8]);
    (events, vec![first, second, third])
}

fn check(events: &[Event], seals: Vec<Seal>, outside: Option<Seal>) -> SealReport {
    let mut checker = Checker::new(seals);
    if let Some(outside) = outside {
        checker = checker.against(outside);
    }
    for event in events {
        checker.absorb(&event.raw());
    }
    checker.finish()
}

/// What is broken after `tamper`: number, first and last position, faults.
fn broken(tamper: impl FnOnce(&mut Vec<Event>, &mut Vec<Seal>)) -> Vec<BrokenSeal> {
    let mut broken = broken_or_the_one_before(tamper);
    for seal in &mut broken {
        seal.or_previous = None;
    }
    broken
}

/// The same with where it may be instead.
fn broken_or_the_one_before(
    tamper: impl FnOnce(&mut Vec<Event>, &mut Vec<Seal>),
) -> Vec<BrokenSeal> {
    let (mut events, mut seals) = sealed_log();
    tamper(&mut events, &mut seals);
    check(&events, seals, None).broken
}

fn seal(number: i64, first: i64, last: i64, faults: &[Fault]) -> BrokenSeal {
    BrokenSeal {
        number,
        first,
        last,
        faults: faults.to_vec(),
        or_previous: None,
    }
}

#[test]
fn an_untouched_log_is_sound() {
    let (events, seals) = sealed_log();
    let report = check(&events, seals.clone(), Some(seals[1].clone()));
    assert!(report.is_sound());
    assert_eq!(
        report,
        SealReport {
            seals: 3,
            sealed_events: 8,
            unsealed_events: 2,
            altered: Excerpt::default(),
            broken: Vec::new(),
            outside: Some(Outside::Holds),
        }
    );
    assert!(check(&[], Vec::new(), None).is_sound());
}

/// Only the seal over the change is reported: where to look matters more than that something is wrong.
#[test]
fn a_change_is_found_where_it_is() {
    let changes: [fn(&mut Event); 3] = [
        |event| event.texts[4] = "{\"name\":\"3e B\"}".to_owned(),
        |event| event.texts[5] = "{\"actor\":{\"role\":\"teacher\"}}".to_owned(),
        |event| event.seconds += 1,
    ];
    for change in changes {
        for (changed, expected) in [
            (0, seal(1, 10, 30, &[Fault::Hash])),
            (4, seal(2, 40, 60, &[Fault::Hash])),
            (7, seal(3, 70, 80, &[Fault::Hash])),
        ] {
            assert_eq!(broken(|events, _| change(&mut events[changed])), [expected]);
        }
    }
}

#[test]
fn a_removed_event_is_found() {
    let fewer = |sealed, found| Fault::Events { sealed, found };
    assert_eq!(
        broken(|events, _| drop(events.remove(4))),
        [seal(2, 40, 60, &[fewer(3, 2), Fault::Hash])]
    );
    // The last of a seal, and the last that is sealed.
    assert_eq!(
        broken(|events, _| drop(events.remove(5))),
        [seal(
            2,
            40,
            60,
            &[fewer(3, 2), Fault::EndMissing, Fault::Hash]
        )]
    );
    assert_eq!(
        broken(|events, _| events.truncate(7)),
        [seal(
            3,
            70,
            80,
            &[fewer(2, 1), Fault::EndMissing, Fault::Hash]
        )]
    );
    // Everything under a seal, and everything.
    assert_eq!(
        broken(|events, _| drop(events.drain(3..6))),
        [seal(
            2,
            60,
            60,
            &[fewer(3, 0), Fault::EndMissing, Fault::Hash]
        )]
    );
    assert_eq!(broken(|events, _| events.clear()).len(), 3);
}

#[test]
fn an_inserted_event_is_found() {
    let more = Fault::Events {
        sealed: 3,
        found: 4,
    };
    assert_eq!(
        broken(|events, _| events.insert(4, event(45))),
        [seal(2, 40, 60, &[more, Fault::Hash])]
    );
}

#[test]
fn events_that_changed_places_are_found() {
    let swap = |events: &mut Vec<Event>, one: usize, other: usize| {
        let (left, right) = (events[one].clone(), events[other].clone());
        events[one].texts = right.texts;
        events[one].texts[4].push(' ');
        events[other].texts = left.texts;
    };
    assert_eq!(
        broken(|events, _| swap(events, 3, 4)),
        [seal(2, 40, 60, &[Fault::Hash])]
    );
    assert_eq!(
        broken(|events, _| swap(events, 2, 3)),
        [seal(1, 10, 30, &[Fault::Hash])]
    );
}

/// Two changes far apart are two findings.
#[test]
fn every_change_is_found() {
    let twice = broken(|events, _| {
        events[0].seconds += 1;
        events[7].seconds += 1;
    });
    assert_eq!(
        twice,
        [
            seal(1, 10, 30, &[Fault::Hash]),
            seal(3, 70, 80, &[Fault::Hash])
        ]
    );
}

/// Whoever reads the report must not look for a change in the log where there is none.
#[test]
fn a_seal_that_was_changed_is_told_from_events_that_were() {
    let other = "0".repeat(64);
    assert_eq!(
        broken(|_, seals| seals[1].hash.clone_from(&other)),
        [seal(2, 40, 60, &[Fault::Rewritten])]
    );
    // No seal after it can say whether it was the log.
    assert_eq!(
        broken(|_, seals| seals[2].hash.clone_from(&other)),
        [seal(3, 70, 80, &[Fault::Hash])]
    );
    assert_eq!(
        broken(|_, seals| seals[1].hash = "no hash".to_owned()),
        [seal(2, 40, 60, &[Fault::Rewritten])]
    );
    assert_eq!(
        broken(|_, seals| seals[1].sealed_at += chrono::TimeDelta::nanoseconds(1)),
        [seal(2, 40, 60, &[Fault::Hash])]
    );
    assert_eq!(
        broken(|_, seals| seals[1].events = 4),
        [seal(
            2,
            40,
            60,
            &[Fault::Events {
                sealed: 4,
                found: 3
            }]
        )]
    );
    let moved = broken(|_, seals| {
        seals[1].position = 50;
        seals[1].transaction = 750;
    });
    assert_eq!(
        moved.iter().map(|seal| seal.number).collect::<Vec<_>>(),
        [2, 3]
    );
}

/// Somebody changes an event and makes its seal anew, and not those after it: the next one is the first that
/// does not hold, and nothing under it was changed. Nobody can tell that from a change under the next one,
/// so that both places are named; a seal that was rewritten alone is told from either.
#[test]
fn an_event_forged_with_its_seal_is_looked_for_in_both_places() {
    let forged = broken_or_the_one_before(|events, seals| {
        events[4].seconds += 1;
        seals[1] = seal_of(Some(&seals[0]), &events[3..6]);
    });
    let mut expected = seal(3, 70, 80, &[Fault::Hash]);
    expected.or_previous = Some(SealRange {
        number: 2,
        first: 40,
        last: 60,
    });
    assert_eq!(forged, [expected.clone()]);
    let changed = broken_or_the_one_before(|events, _| events[6].seconds += 1);
    assert_eq!(changed, [expected]);
    let rewritten = broken_or_the_one_before(|_, seals| seals[1].hash = "0".repeat(64));
    assert_eq!(rewritten, [seal(2, 40, 60, &[Fault::Rewritten])]);
    let first = broken_or_the_one_before(|events, _| events[0].seconds += 1);
    assert_eq!(first, [seal(1, 10, 30, &[Fault::Hash])]);
}

/// The very event is named, sealed or not, as long as its digest was left alone.
#[test]
fn an_event_is_compared_with_its_digest() {
    let (mut events, seals) = sealed_log();
    for event in &mut events {
        event.appended = Some(EventDigest::of(&event.raw()).0);
    }
    events[2].appended = None;
    assert!(check(&events, seals.clone(), None).is_sound());
    for at in [1, 4, 9] {
        events[at].texts[4].push(' ');
    }
    let report = check(&events, seals, None);
    assert_eq!(report.altered.first, [20, 50, 100]);
    assert!(!report.is_sound());
    let broken = report.broken.iter().map(|seal| seal.number);
    assert_eq!(broken.collect::<Vec<_>>(), [1, 2]);
}

/// Somebody gives a seal a format that none has.
#[test]
fn a_format_is_part_of_a_seal() {
    for (place, format) in [(0, DIGESTS), (1, WHOLE_EVENTS), (1, 0), (2, 7)] {
        let number = sealed_log().1[place].number;
        let found = broken(|_, seals| seals[place].format = format);
        let found = found.iter().map(|seal| seal.number);
        assert_eq!(found.collect::<Vec<_>>(), [number], "{format}");
    }
}

/// An event that is no text, or at no instant, is like no other, and no reason to leave those after it alone.
#[test]
fn an_event_that_cannot_be_read_is_a_change() {
    let (events, seals) = sealed_log();
    let mut checker = Checker::new(seals);
    for (place, event) in events.iter().enumerate() {
        let raw = event.raw();
        if place == 4 {
            checker.absorb_unreadable(raw.checkpoint);
        } else {
            checker.absorb(&raw);
        }
    }
    let numbers = checker.finish().broken.into_iter().map(|seal| seal.number);
    assert_eq!(numbers.collect::<Vec<_>>(), [2]);
}

#[test]
fn a_missing_seal_is_found() {
    let all = Fault::Events {
        sealed: 2,
        found: 5,
    };
    assert_eq!(
        broken(|_, seals| drop(seals.remove(1))),
        [seal(
            3,
            40,
            80,
            &[Fault::Number { expected: 2 }, all, Fault::Hash]
        )]
    );
}

/// Somebody who can write everywhere changes an event and makes all seals anew. Inside the database
/// nothing shows; the seal kept elsewhere does.
#[test]
fn rewriting_log_and_seals_together_is_found_with_a_seal_kept_outside() {
    let (mut events, seals) = sealed_log();
    events[1].seconds += 1;
    let first = seal_of(None, &events[..3]);
    let second = seal_of(Some(&first), &events[3..6]);
    let third = seal_of(Some(&second), &events[6..8]);
    let forged = vec![first, second, third];
    assert!(check(&events, forged.clone(), None).is_sound());
    for kept in seals {
        let report = check(&events, forged.clone(), Some(kept));
        assert_eq!(report.outside, Some(Outside::Differs));
        assert!(!report.is_sound());
    }
}

/// The seals between are only where they cut: their hashes prove nothing against a seal kept outside, and
/// changing them takes nothing away from it.
#[test]
fn a_seal_kept_outside_is_compared_with_the_log_alone() {
    let (mut events, mut seals) = sealed_log();
    let kept = seals[2].clone();
    seals[0].hash = "0".repeat(64);
    let report = check(&events, seals, Some(kept.clone()));
    assert_eq!(report.outside, Some(Outside::Holds));
    assert_eq!(report.broken.len(), 1);

    events[8].seconds += 1;
    let (_, seals) = sealed_log();
    let after = check(&events, seals.clone(), Some(kept.clone()));
    assert_eq!(
        after.outside,
        Some(Outside::Holds),
        "changed after the seal"
    );
    events[0].seconds += 1;
    let before = check(&events, seals.clone(), Some(kept.clone()));
    assert_eq!(before.outside, Some(Outside::Differs));
    let gone = check(&events, seals[..2].to_vec(), Some(kept));
    assert_eq!(gone.outside, Some(Outside::Missing));
}

#[test]
fn a_file_keeps_a_seal() {
    let (_, seals) = sealed_log();
    for seal in &seals {
        assert_eq!(Seal::from_file(&seal.to_file().unwrap()).unwrap(), *seal);
    }
    let text = seals[2].to_file().unwrap();

    let json = |text: &str| matches!(Seal::from_file(text), Err(SealFileError::Json(_)));
    assert!(json(""));
    assert!(json("{}"));
    assert!(json(&text.replace("\"events\"", "\"event\"")));
    assert!(matches!(
        Seal::from_file("{\"format\": 3, \"digest\": \"…\"}"),
        Err(SealFileError::Format(3))
    ));
    let hash = &seals[2].hash;
    for other in [
        "",
        &hash[1..],
        &hash.to_uppercase(),
        &hash.replace(&hash[..1], "+"),
    ] {
        let text = text.replace(hash, other);
        assert!(matches!(Seal::from_file(&text), Err(SealFileError::Hash)));
    }
}
