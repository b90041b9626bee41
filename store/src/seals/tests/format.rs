//! What is hashed, and how a seal is kept in a file.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

/// The chain goes on for years and over many versions of the program, and others check it with programs
/// of their own from what docs/audit.md says: these hashes come from such a program.
#[test]
fn the_format_never_changes() {
    let first = seal_of(None, &[event(1), event(2)]);
    let second = seal_of(Some(&first), &[event(3)]);
    assert_eq!(first.number, 1);
    assert_eq!(
        first.hash,
        "90405e3845292b315ee4a2b2aec05ab9d4fdef08f538c4bc134884959d5f9734"
    );
    assert_eq!(
        (second.number, second.position, second.transaction),
        (2, 3, 703)
    );
    assert_eq!(
        second.hash,
        "c4973fb6337859235f1b85e408fd264def68c514a7dbdb224a836501a50a0d99"
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
            appended: [0; 32],
        },
    )
}

proptest! {
    /// What a text loses at its end, the one hashed after it has at its beginning.
    #[test]
    fn boundaries_count(
        event in any_event(),
        (left, right) in prop::sample::select(vec![(0, 1), (2, 3), (3, 4), (4, 5)]),
        moved in "[a\u{0}]{1,9}",
    ) {
        let (mut one, mut other) = (event.clone(), event);
        one.texts[left].push_str(&moved);
        other.texts[right].insert_str(0, &moved);
        prop_assert_ne!(seal_of(None, &[one]).hash, seal_of(None, &[other]).hash);
    }

    /// One field that changes in an event that is like any other.
    #[test]
    fn every_field_counts(
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
        prop_assert_ne!(seal_of(None, &events).hash, seal_of(None, &other).hash);
    }

    #[test]
    fn order_counts(
        mut events in vec(any_event(), 2..5),
        one: Index,
        other: Index,
    ) {
        let before = events.clone();
        let len = events.len();
        events.swap(one.index(len), other.index(len));
        prop_assert_eq!(
            before == events,
            seal_of(None, &before).hash == seal_of(None, &events).hash
        );
    }
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
