//! What one action appends, and what follows from it.

use crate::{
    Change, Check, Checkpoint, EventRecord, Projection, RawEvent, Rows, StoreError, StreamId,
    seals::digest::EventDigest,
};

/// What one action appends.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// Its events. Their sequences carry the versions their streams were loaded at: another event
    /// with the same number is a conflict.
    pub events: Vec<EventRecord>,
    /// The streams it decided on without appending to them.
    pub guards: Vec<Guard>,
    /// The streams it appends to that others may guard, as they stood before: it waits for those who do,
    /// and they for it.
    pub heads: Vec<Guard>,
    /// Rows that go with it and follow from no event: each change on a table of its own, so that they ride
    /// along in one statement, which a [`Write`](crate::Write) cannot.
    pub rows: Vec<Change>,
}

/// "I decided this because that stream stood at this version": checked, and held until the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub stream: StreamId,
    /// The number of its last event when it was read, at least 1.
    pub version: u64,
}

/// What follows from the events of an action by the projections.
pub(crate) struct Effects {
    pub(crate) changes: Vec<Change>,
    pub(crate) checks: Vec<Check>,
    /// Each once, in order.
    pub(crate) queues: Vec<String>,
}

impl Effects {
    pub(crate) fn of(projections: &[Box<dyn Projection>], events: &[EventRecord]) -> Self {
        let checks = projections.iter().flat_map(|it| it.checks(events));
        let mut queues: Vec<String> = projections
            .iter()
            .flat_map(|it| it.queues(events))
            .collect();
        queues.sort_unstable();
        queues.dedup();
        Self {
            changes: changes(projections, events),
            checks: checks.filter(|check| !check.rows.is_empty()).collect(),
            queues,
        }
    }
}

/// What the projections make of `events`; nothing that changes nothing.
pub(crate) fn changes(projections: &[Box<dyn Projection>], events: &[EventRecord]) -> Vec<Change> {
    projections
        .iter()
        .flat_map(|projection| projection.apply(events))
        .filter(|change| !change.rows.is_empty())
        .collect()
}

/// Adds the events of an action, whose JSON `json` makes of text.
///
/// Each proves that the one before it is there: without that, the digest that must not be null is none. A server
/// that remembers a stream further than the log goes, because the log lost its end in a failover, would leave
/// a hole that nobody can ever fill.
pub(crate) fn insert_events(json: &str) -> String {
    format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, \
                             metadata, recorded_at, establishment, digest) \
         SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload{json}, \
                metadata{json}, recorded_at, establishment, \
                CASE WHEN follows IS NULL \
                       OR EXISTS (SELECT 1 FROM events AS last \
                                  WHERE last.aggregate_type = rows.aggregate_type \
                                    AND last.aggregate_id = rows.aggregate_id \
                                    AND last.sequence = rows.follows) \
                     THEN digest END \
         FROM {{rows}} ORDER BY aggregate_type, aggregate_id, sequence"
    )
}

/// The numbers of the events that those of an action follow in the log; none for the first of a stream, and for
/// one that follows another of the same action.
#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
fn followed(events: &[EventRecord]) -> impl Iterator<Item = Option<i64>> {
    let mut last: Option<&StreamId> = None;
    events.iter().map(move |event| {
        let goes_on = last.replace(&event.stream) == Some(&event.stream);
        let before = event.sequence as i64 - 1;
        (!goes_on && before > 0).then_some(before)
    })
}

/// The rows of `events`, sorted, that an action adds, as both engines write them.
#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
pub(crate) fn event_rows(append: &Append) -> Result<Rows, StoreError> {
    let events = &append.events;
    let mut payloads = Vec::with_capacity(events.len());
    let mut metadata = Vec::with_capacity(events.len());
    let mut digests = Vec::with_capacity(events.len());
    for record in events {
        let payload = record.event.payload()?;
        let said_by = serde_json::to_string(&record.metadata)?;
        digests.push(digest(record, &payload, &said_by));
        payloads.push(payload);
        metadata.push(said_by);
    }
    Ok(Rows::new()
        .text(
            "aggregate_type",
            events.iter().map(|e| e.stream.aggregate_type),
        )
        .text(
            "aggregate_id",
            events.iter().map(|e| &e.stream.aggregate_id),
        )
        .integer("sequence", events.iter().map(|e| e.sequence as i64))
        .optional_integer("follows", followed(events))
        .text("event_type", events.iter().map(|e| e.event.event_type()))
        .text(
            "event_version",
            events.iter().map(|e| e.event.event_version()),
        )
        .text("payload", payloads)
        .text("metadata", metadata)
        .time("recorded_at", events.iter().map(|e| e.recorded_at))
        .text("establishment", events.iter().map(|e| &e.establishment))
        .bytes("digest", digests))
}

/// The streams of `guards`, each with the number of its last event then.
#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
pub(crate) fn guard_rows(guards: &[Guard]) -> Rows {
    let streams = || guards.iter().map(|guard| &guard.stream);
    Rows::new()
        .text("aggregate_type", streams().map(|it| it.aggregate_type))
        .text("aggregate_id", streams().map(|it| &it.aggregate_id))
        .integer("sequence", guards.iter().map(|guard| guard.version as i64))
}

#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
fn digest(record: &EventRecord, payload: &str, metadata: &str) -> Vec<u8> {
    let digest = EventDigest::of(&RawEvent {
        // It has none yet, and its digest does not depend on it.
        checkpoint: Checkpoint::default(),
        aggregate_type: record.stream.aggregate_type,
        aggregate_id: &record.stream.aggregate_id,
        sequence: record.sequence as i64,
        event_type: record.event.event_type(),
        event_version: record.event.event_version(),
        payload,
        metadata,
        recorded_at: record.recorded_at,
        instant: None,
        establishment: record.establishment.as_str(),
        digest: &[],
    });
    digest.as_bytes().to_vec()
}
