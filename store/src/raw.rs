//! An event as it stands in the database.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{actor::Metadata, event::Event};
use sqlx::{FromRow, Row as _, postgres::PgRow};

use crate::{Checkpoint, EventRecord, LoggedEvent, StoreError, StreamId};

/// An event as the database holds it: nothing of it is decoded yet.
#[derive(Clone, Copy, Debug)]
pub struct RawEvent<'r> {
    /// Where a reader that has seen it stands.
    pub checkpoint: Checkpoint,
    pub aggregate_type: &'r str,
    pub aggregate_id: &'r str,
    pub sequence: i64,
    pub event_type: &'r str,
    /// The version of the shape of `payload`.
    pub event_version: &'r str,
    /// What it says, as JSON.
    pub payload: &'r str,
    /// Who did it, and by which command, as JSON.
    pub metadata: &'r str,
    pub recorded_at: DateTime<Utc>,
    /// The same as it stands there, on an engine that keeps it as text.
    pub instant: Option<&'r str>,
    pub establishment: &'r str,
    /// What the digest of all this was when it was appended.
    pub digest: &'r [u8],
}

/// The instant that PostgreSQL counts from, 2000-01-01, in microseconds since 1970-01-01.
const PG_EPOCH: i64 = 946_684_800_000_000;

pub(crate) fn checkpoint(row: &PgRow) -> Result<Checkpoint, sqlx::Error> {
    Ok(Checkpoint {
        transaction: row.try_get_unchecked(0)?,
        position: row.try_get_unchecked(1)?,
    })
}

impl<'r> RawEvent<'r> {
    /// From the columns that [`Conn::log_columns`](crate::Conn::log_columns) names. They are of these types:
    /// looking each time would cost half as much as hashing the event.
    pub(crate) fn of(row: &'r PgRow) -> Result<Self, StoreError> {
        let checkpoint = checkpoint(row)?;
        // Not as an instant, which PostgreSQL lets lie further away than the program can count.
        let micros: i64 = row.try_get_unchecked(9)?;
        let recorded_at = micros
            .checked_add(PG_EPOCH)
            .and_then(DateTime::from_timestamp_micros)
            .ok_or_else(|| StoreError::Unreadable {
                checkpoint,
                detail: "recorded_at is out of range".to_owned(),
            })?;
        Ok(Self {
            checkpoint,
            aggregate_type: row.try_get_unchecked(2)?,
            aggregate_id: row.try_get_unchecked(3)?,
            sequence: row.try_get_unchecked(4)?,
            event_type: row.try_get_unchecked(5)?,
            event_version: row.try_get_unchecked(6)?,
            payload: row.try_get_unchecked(7)?,
            metadata: row.try_get_unchecked(8)?,
            recorded_at,
            instant: None,
            establishment: row.try_get_unchecked(10)?,
            // Only somebody who owns the database can have left none there.
            digest: row
                .try_get_unchecked::<Option<_>, _>(11)?
                .unwrap_or_default(),
        })
    }

    /// The instant as it stands there, where that is not how the program writes it: searches compare it
    /// as text.
    #[must_use]
    pub fn odd_instant(&self) -> Option<&'r str> {
        self.instant
            .filter(|instant| *instant != sqlite_instant(self.recorded_at))
    }

    /// What it says, if that is something that this program knows.
    pub fn decode(&self) -> Result<LoggedEvent, StoreError> {
        let event = self.event()?;
        let record = EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: self.aggregate_id.to_owned(),
            },
            sequence: self.sequence()?,
            metadata: serde_json::from_str::<Metadata>(self.metadata)
                .map_err(|error| self.damaged(error.to_string()))?,
            recorded_at: self.recorded_at,
            establishment: self
                .establishment
                .parse()
                .map_err(|error| self.damaged(format!("establishment: {error}")))?,
            event,
        };
        Ok(LoggedEvent {
            checkpoint: self.checkpoint,
            record,
        })
    }

    pub(crate) fn event(&self) -> Result<Event, StoreError> {
        Event::decode(
            self.aggregate_type,
            self.event_type,
            self.event_version,
            self.payload,
        )
        .map_err(|source| StoreError::Decode {
            position: self.checkpoint.position.to_string(),
            source,
        })
    }

    pub(crate) fn sequence(&self) -> Result<u64, StoreError> {
        u64::try_from(self.sequence).map_err(|error| self.damaged(error.to_string()))
    }

    pub(crate) fn damaged(&self, detail: String) -> StoreError {
        StoreError::Damaged {
            stream: format!(
                "{}/{} no. {}",
                self.aggregate_type, self.aggregate_id, self.sequence
            ),
            detail,
        }
    }
}

/// As sqlx writes and reads an instant in SQLite; sorts as text.
pub(crate) fn sqlite_instant(value: DateTime<Utc>) -> String {
    value.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// An instant as SQLite keeps it.
pub(crate) fn parse_instant(
    checkpoint: Checkpoint,
    instant: &str,
) -> Result<DateTime<Utc>, StoreError> {
    instant.parse().map_err(|error| StoreError::Unreadable {
        checkpoint,
        detail: format!("recorded_at: {error}"),
    })
}

impl FromRow<'_, PgRow> for LoggedEvent {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let decoded = RawEvent::of(row).and_then(|raw| raw.decode());
        decoded.map_err(|error| sqlx::Error::Decode(error.into()))
    }
}
