//! Events out of SQLite by the thousand. Each row and each value that passes the driver costs as much as
//! decoding an event; so a page comes as one text, which SQLite puts together.

use std::ops::Range;

use sqlx::{FromRow, Row as _, sqlite::SqliteRow};

use crate::{Checkpoint, LoggedEvent, RawEvent, StoreError, raw::parse_instant};

/// An event: position, number in its stream and the lengths in bytes of the other columns, then those: the
/// digest, which is no text, last.
pub(crate) const PACKED: &str = "concat(position, ' ', sequence, ' ', \
     octet_length(aggregate_type), ' ', octet_length(aggregate_id), ' ', octet_length(event_type), ' ', \
     octet_length(event_version), ' ', octet_length(payload), ' ', octet_length(metadata), ' ', \
     octet_length(recorded_at), ' ', octet_length(establishment), ' ', \
     COALESCE(octet_length(digest), 0), ';', aggregate_type, aggregate_id, event_type, event_version, payload, \
     metadata, recorded_at, establishment, digest)";

/// Columns of text in [`PACKED`].
const TEXTS: usize = 8;

/// Events that follow one another, as one text; of bytes, since somebody may have written there what is no
/// text.
pub(crate) struct Packed {
    bytes: Vec<u8>,
    events: Vec<PackedEvent>,
}

struct PackedEvent {
    position: i64,
    sequence: i64,
    texts: [Range<usize>; TEXTS],
    digest: Range<usize>,
}

impl Packed {
    /// Finds the events in a text.
    pub(crate) fn new(bytes: Vec<u8>) -> Result<Self, StoreError> {
        let mut events: Vec<PackedEvent> = Vec::new();
        let mut start = 0;
        while start < bytes.len() {
            let event = PackedEvent::at(&bytes, start).ok_or_else(|| damaged(&events))?;
            start = event.digest.end;
            if events
                .last()
                .is_some_and(|last| last.position >= event.position)
            {
                return Err(damaged(&events));
            }
            events.push(event);
        }
        Ok(Self { bytes, events })
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn pop(&mut self) {
        self.events.pop();
    }

    pub(crate) fn checkpoint(&self, index: usize) -> Checkpoint {
        Checkpoint {
            transaction: 0,
            position: self.events[index].position,
        }
    }

    pub(crate) fn event(&self, index: usize) -> Result<RawEvent<'_>, StoreError> {
        let event = &self.events[index];
        let checkpoint = self.checkpoint(index);
        let mut texts = [""; TEXTS];
        for (text, range) in texts.iter_mut().zip(&event.texts) {
            *text = str::from_utf8(&self.bytes[range.clone()]).map_err(|error| {
                let detail = error.to_string();
                StoreError::Unreadable { checkpoint, detail }
            })?;
        }
        let [
            aggregate_type,
            aggregate_id,
            event_type,
            event_version,
            payload,
            metadata,
            instant,
            establishment,
        ] = texts;
        Ok(RawEvent {
            checkpoint,
            aggregate_type,
            aggregate_id,
            sequence: event.sequence,
            event_type,
            event_version,
            payload,
            metadata,
            recorded_at: parse_instant(checkpoint, instant)?,
            instant: Some(instant),
            establishment,
            digest: &self.bytes[event.digest.clone()],
        })
    }
}

impl PackedEvent {
    /// None when the text is not what [`PACKED`] makes.
    fn at(bytes: &[u8], start: usize) -> Option<Self> {
        let numbers = bytes.get(start..)?.split(|byte| *byte == b';').next()?;
        let numbers = str::from_utf8(numbers).ok()?;
        let mut end = start + numbers.len() + 1;
        let mut numbers = numbers.split(' ').map(str::parse::<i64>);
        let mut next = || numbers.next()?.ok();
        let (position, sequence) = (next()?, next()?);
        let mut texts = [const { 0..0 }; TEXTS];
        let mut digest = 0..0;
        for range in texts.iter_mut().chain([&mut digest]) {
            let from = end;
            end = from.checked_add(usize::try_from(next()?).ok()?)?;
            *range = from..end;
            bytes.get(range.clone())?;
        }
        Some(Self {
            position,
            sequence,
            texts,
            digest,
        })
    }
}

fn damaged(before: &[PackedEvent]) -> StoreError {
    let last = before.last().map_or(0, |event| event.position);
    StoreError::Damaged {
        stream: format!("the first event after position {last}"),
        detail: "it cannot be read, or not in its order".to_owned(),
    }
}

impl FromRow<'_, SqliteRow> for LoggedEvent {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let decoded = Packed::new(row.try_get(0)?).and_then(|one| one.event(0)?.decode());
        decoded.map_err(|error| sqlx::Error::Decode(error.into()))
    }
}
