//! What is hashed, in which order.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::Seal;
use crate::{Checkpoint, RawEvent};

/// Goes along the log, from one seal to the next. It keeps a hash under way and no event.
///
/// Numbers have a fixed width and texts their length before them, so that no two different runs of
/// events give the same bytes.
#[derive(Clone)]
pub struct Chain {
    hasher: Hasher,
    number: i64,
    events: i64,
    end: Checkpoint,
}

impl Chain {
    /// Begins after the last event that this seal covers; without one, at the beginning of the log.
    #[must_use]
    pub fn after(seal: Option<&Seal>) -> Self {
        let number = seal.map_or(0, |seal| seal.number).saturating_add(1);
        let mut hasher = Hasher(Sha256::new());
        hasher.number(number);
        hasher.text(seal.map_or("", |seal| &seal.hash));
        Self {
            hasher,
            number,
            events: 0,
            end: seal.map(Seal::checkpoint).unwrap_or_default(),
        }
    }

    /// Takes the next event of the log.
    pub fn absorb(&mut self, event: &RawEvent<'_>) {
        let hasher = &mut self.hasher;
        hasher.number(event.checkpoint.transaction);
        hasher.number(event.checkpoint.position);
        hasher.text(event.aggregate_type);
        hasher.text(event.aggregate_id);
        hasher.number(event.sequence);
        hasher.text(event.event_type);
        hasher.text(event.event_version);
        hasher.text(event.payload);
        hasher.text(event.metadata);
        hasher.instant(event.recorded_at);
        hasher.text(event.establishment);
        self.events += 1;
        self.end = event.checkpoint;
    }

    /// Takes the next event of the log, which cannot be read: whatever was sealed there before, it is
    /// another. No event begins with a text of this length.
    pub fn absorb_unreadable(&mut self, at: Checkpoint) {
        self.hasher.number(at.transaction);
        self.hasher.number(at.position);
        self.hasher.number(-1);
        self.events += 1;
        self.end = at;
    }

    /// How many events were taken.
    pub(super) const fn events(&self) -> i64 {
        self.events
    }

    /// The seal over what was taken.
    #[must_use]
    pub fn seal(mut self, sealed_at: DateTime<Utc>) -> Seal {
        self.hasher.number(self.events);
        self.hasher.instant(sealed_at);
        Seal {
            number: self.number,
            position: self.end.position,
            transaction: self.end.transaction,
            events: self.events,
            hash: format!("{:x}", self.hasher.0.finalize()),
            sealed_at,
        }
    }
}

#[derive(Clone)]
struct Hasher(Sha256);

impl Hasher {
    fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    /// To the nanosecond: PostgreSQL keeps microseconds, but SQLite whatever somebody writes there.
    fn instant(&mut self, instant: DateTime<Utc>) {
        self.number(instant.timestamp());
        self.0
            .update(instant.timestamp_subsec_nanos().to_be_bytes());
    }
}
