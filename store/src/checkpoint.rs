//! Places in the log.

/// How far a reader has come. The default is before the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checkpoint {
    /// The transaction that appended the last event read; 0 on SQLite, which has one writer.
    pub transaction: i64,
    pub position: i64,
}
