//! Streams: the events of one aggregate.

use std::{collections::HashMap, fmt, str::FromStr};

use domain::event::Event;

use crate::StoreError;

/// The name of a stream: an aggregate's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// The aggregate's `TYPE`.
    pub aggregate_type: &'static str,
    /// The aggregate's id: a UAI or a UUID.
    pub aggregate_id: String,
}

impl StreamId {
    /// The stream of the aggregate `A` with this id.
    pub fn of<A: cqrs_es::Aggregate>(id: &impl ToString) -> Self {
        Self {
            aggregate_type: A::TYPE,
            aggregate_id: id.to_string(),
        }
    }

    /// The aggregate's id, as what it is.
    pub fn id<T: FromStr<Err: fmt::Display>>(&self) -> Result<T, StoreError> {
        self.aggregate_id
            .parse()
            .map_err(|error| StoreError::Damaged {
                stream: self.to_string(),
                detail: format!("{error}"),
            })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// A stream as it stood when it was loaded.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The number of its last event, 0 when there is none yet.
    pub version: u64,
    /// Its events, in order: all of them, or those that its present state follows from.
    pub events: Vec<Event>,
}

/// Streams, by the name that the log knows them under.
pub type Streams = HashMap<StreamId, Stream>;

/// Which events begin and end a stream: one begins it, and one at most ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifespan {
    /// The aggregate's `TYPE`.
    pub aggregate_type: &'static str,
    /// The type of the event that begins it.
    pub begins: &'static str,
    /// The types of the events that end it.
    pub ends: &'static [&'static str],
}

impl Lifespan {
    /// Asks for the ids of the streams in an establishment, $1, that have begun and not ended.
    pub(crate) fn alive(&self) -> String {
        format!(
            "SELECT aggregate_id FROM events begun \
             WHERE establishment = $1 AND aggregate_type = '{aggregate_type}' \
               AND event_type = '{begins}' \
               AND NOT EXISTS (SELECT 1 FROM events ended \
                               WHERE ended.aggregate_type = '{aggregate_type}' \
                                 AND ended.aggregate_id = begun.aggregate_id \
                                 AND ended.event_type IN ('{ends}'))",
            aggregate_type = self.aggregate_type,
            begins = self.begins,
            ends = self.ends.join("', '"),
        )
    }
}
