//! What follows from events outside the log.

use store::{Clock, EventRecord, Write};

/// Turns events into rows that are no read model: a message to send, sessions that end. They are written in
/// the transaction that appends the events, and never on a replay.
pub trait Reaction: Send + Sync {
    /// What follows from `events`, all those of one action.
    fn react(&self, events: &[EventRecord], clock: &dyn Clock) -> Vec<Box<dyn Write>>;
}
