//! An event with what the log knows about it.

use chrono::{DateTime, Utc};
use domain::{actor::Metadata, event::Event, values::Uai};

use crate::{Checkpoint, StreamId};

/// One event of one stream, as it is appended, read and projected.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    pub stream: StreamId,
    /// Its number in its stream, from 1.
    pub sequence: u64,
    pub event: Event,
    /// Who did it, and by which command.
    pub metadata: Metadata,
    /// When, to the microsecond, by the clock of the server that decided it.
    pub recorded_at: DateTime<Utc>,
    /// The establishment it concerns: what a head may see is cut by it.
    pub establishment: Uai,
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedEvent {
    /// Where a reader that has seen it stands.
    pub checkpoint: Checkpoint,
    pub record: EventRecord,
}
