//! How numbers, texts and instants become bytes to hash.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::EventDigest;
use crate::RawEvent;

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

    /// All that an event says, its place in the log aside.
    pub(super) fn said(&mut self, event: &RawEvent<'_>) {
        self.text(event.aggregate_type);
        self.text(event.aggregate_id);
        self.number(event.sequence);
        self.text(event.event_type);
        self.text(event.event_version);
        self.text(event.payload);
        self.text(event.metadata);
        self.instant(event.recorded_at);
        self.text(event.establishment);
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
