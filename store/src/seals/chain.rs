//! What a seal is a hash of, in which order.

use chrono::{DateTime, Utc};

use super::{EventDigest, Seal, hasher::Hasher};
use crate::{Checkpoint, RawEvent};

/// The format of seals over whole events. None are made any more.
pub(super) const WHOLE_EVENTS: i64 = 1;

/// The format of seals over the digests of events.
pub(super) const DIGESTS: i64 = 2;

/// Goes along the log, from one seal to the next. It keeps a hash under way and no event.
#[derive(Clone)]
pub(super) struct Chain {
    format: i64,
    hasher: Hasher,
    number: i64,
    events: i64,
    end: Checkpoint,
}

impl Chain {
    /// Begins after the last event that this seal covers, without one at the beginning of the log, for a
    /// seal of this format. One that is unknown is like [`DIGESTS`], and gives other hashes.
    pub(super) fn after(seal: Option<&Seal>, format: i64) -> Self {
        let number = seal.map_or(0, |seal| seal.number).saturating_add(1);
        let mut hasher = Hasher::new();
        if format != WHOLE_EVENTS {
            hasher.number(format);
        }
        hasher.number(number);
        hasher.text(seal.map_or("", |seal| &seal.hash));
        Self {
            format,
            hasher,
            number,
            events: 0,
            end: seal.map(Seal::checkpoint).unwrap_or_default(),
        }
    }

    /// Takes the next event of the log, which has this digest.
    pub(super) fn absorb(&mut self, event: &RawEvent<'_>, digest: &EventDigest) {
        if self.format == WHOLE_EVENTS {
            self.go_to(event.checkpoint);
            self.hasher.said(event);
        } else {
            self.absorb_digest(event.checkpoint, digest);
        }
    }

    /// Takes the next event of the log, for a seal over digests.
    pub(super) fn absorb_digest(&mut self, at: Checkpoint, digest: &EventDigest) {
        self.go_to(at);
        self.hasher.digest(digest);
    }

    /// Takes the next event of the log, which cannot be read: whatever was sealed there before, it is
    /// another.
    pub(super) fn absorb_unreadable(&mut self, at: Checkpoint) {
        if self.format == WHOLE_EVENTS {
            self.go_to(at);
            // No event begins with a text of this length.
            self.hasher.number(-1);
        } else {
            self.absorb_digest(at, &EventDigest::UNREADABLE);
        }
    }

    fn go_to(&mut self, at: Checkpoint) {
        self.hasher.number(at.transaction);
        self.hasher.number(at.position);
        self.events += 1;
        self.end = at;
    }

    /// The seal over what was taken.
    pub(super) fn seal(mut self, sealed_at: DateTime<Utc>) -> Seal {
        self.hasher.number(self.events);
        self.hasher.instant(sealed_at);
        Seal {
            format: self.format,
            number: self.number,
            position: self.end.position,
            transaction: self.end.transaction,
            events: self.events,
            hash: hex::encode(self.hasher.finish()),
            sealed_at,
        }
    }
}
