//! What one event says, as a hash; and how numbers, texts and instants become bytes to hash.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::RawEvent;

/// SHA-256 over all that an event says, wherever in the log it stands. It is written beside each event that
/// is appended: seals are made over digests, so that sealing need not read the log again, and an event that
/// was changed since is found by its own.
///
/// What exactly is hashed is written down in `docs/audit.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventDigest(pub(crate) [u8; 32]);

impl EventDigest {
    /// Stands for an event that cannot be read; no event has it.
    pub(super) const UNREADABLE: Self = Self([0; 32]);

    /// As it stands in the column `digest`.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Of an event as it stands there.
    #[must_use]
    pub fn of(event: &RawEvent<'_>) -> Self {
        let mut hasher = Hasher::new();
        hasher.text(event.aggregate_type);
        hasher.text(event.aggregate_id);
        hasher.number(event.sequence);
        hasher.text(event.event_type);
        hasher.text(event.event_version);
        hasher.text(event.payload);
        hasher.text(event.metadata);
        hasher.instant(event.recorded_at);
        hasher.text(event.establishment);
        Self(hasher.finish())
    }
}

/// Numbers have a fixed width and texts their length before them, so that no two different things give the
/// same bytes.
#[derive(Clone)]
pub(super) struct Hasher(Sha256);

impl Hasher {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    /// To the nanosecond: PostgreSQL keeps microseconds, but SQLite whatever somebody writes there.
    pub(super) fn instant(&mut self, instant: DateTime<Utc>) {
        self.number(instant.timestamp());
        self.0
            .update(instant.timestamp_subsec_nanos().to_be_bytes());
    }

    pub(super) fn digest(&mut self, digest: &EventDigest) {
        self.0.update(digest.0);
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
