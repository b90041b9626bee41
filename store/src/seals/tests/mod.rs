//! What seals are tested on: events, and seals over them.

mod checks;
mod format;

use super::*;

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
    appended: [u8; 32],
}

impl Event {
    /// With the digest that it has when it is appended.
    fn appended(mut self) -> Self {
        self.appended = EventDigest::of(&self.raw()).0;
        self
    }

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
            digest: &self.appended,
        }
    }
}

fn sealed_at() -> DateTime<Utc> {
    "2026-11-23T12:00:00.000001Z".parse().unwrap()
}

fn seal_of(previous: Option<&Seal>, events: &[Event]) -> Seal {
    let mut chain = Chain::after(previous);
    for event in events {
        let event = event.raw();
        chain.absorb(event.checkpoint, &EventDigest::of(&event));
    }
    chain.seal(sealed_at())
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
        appended: [0; 32],
    }
    .appended()
}

/// A log of ten events, at positions 10, 20, … 100, with seals over three, three and two of them.
fn sealed_log() -> (Vec<Event>, Vec<Seal>) {
    let events: Vec<Event> = (1..=10).map(|number| event(10 * number)).collect();
    let first = seal_of(None, &events[..3]);
    let second = seal_of(Some(&first), &events[3..6]);
    let third = seal_of(Some(&second), &events[6..8]);
    (events, vec![first, second, third])
}
