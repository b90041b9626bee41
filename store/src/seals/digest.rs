//! What one event says, as a hash.

use super::hasher::Hasher;
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
        hasher.said(event);
        Self(hasher.finish())
    }
}
