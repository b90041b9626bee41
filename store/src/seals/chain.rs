//! What a seal is a hash of, in which order.

use chrono::{DateTime, Utc};

use super::{
    Seal,
    digest::{EventDigest, Hasher},
};
use crate::Checkpoint;

/// Goes along the log, from one seal to the next. It keeps a hash under way and no event.
#[derive(Clone)]
pub(super) struct Chain {
    hasher: Hasher,
    number: i64,
    events: i64,
    end: Checkpoint,
}

impl Chain {
    /// Begins after the last event that this seal covers, without one at the beginning of the log.
    pub(super) fn after(seal: Option<&Seal>) -> Self {
        let number = seal.map_or(0, |seal| seal.number).saturating_add(1);
        let mut hasher = Hasher::new();
        hasher.number(number);
        hasher.text(seal.map_or("", |seal| &seal.hash));
        Self {
            hasher,
            number,
            events: 0,
            end: seal.map(Seal::checkpoint).unwrap_or_default(),
        }
    }

    /// Takes the next event of the log, which has this digest.
    pub(super) fn absorb(&mut self, at: Checkpoint, digest: &EventDigest) {
        self.hasher.number(at.transaction);
        self.hasher.number(at.position);
        self.hasher.digest(digest);
        self.events += 1;
        self.end = at;
    }

    /// The seal over what was taken.
    pub(super) fn seal(mut self, sealed_at: DateTime<Utc>) -> Seal {
        self.hasher.number(self.events);
        self.hasher.instant(sealed_at);
        Seal {
            number: self.number,
            position: self.end.position,
            transaction: self.end.transaction,
            events: self.events,
            hash: hex::encode(self.hasher.finish()),
            sealed_at,
        }
    }
}
