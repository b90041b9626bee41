//! Reading the log in order.

use chrono::{DateTime, Utc};
use domain::{actor::Metadata, event::Event, values::Uai};
use futures::{Stream, TryStreamExt};

use crate::{Engine, EventRecord, Store, StoreError, StreamId, postgres, sqlite};

/// How far a reader has come. The default is before the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checkpoint {
    /// The transaction that appended the last event read; 0 on SQLite, which has one writer.
    pub transaction: i64,
    /// The position of that event.
    pub position: i64,
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedEvent {
    /// Where a reader that has seen it stands.
    pub checkpoint: Checkpoint,
    /// The event.
    pub record: EventRecord,
}

/// A row of `events`, in the columns that [`Conn::log_columns`](crate::Conn::log_columns) names:
/// transaction, position, then what an event carries.
pub type LogRow = (
    i64,           // transaction
    i64,           // position
    String,        // aggregate_type
    String,        // aggregate_id
    i64,           // sequence
    String,        // event_type
    String,        // event_version
    String,        // payload
    String,        // metadata
    DateTime<Utc>, // recorded_at
    String,        // establishment
);

impl Store {
    /// The next events after `checkpoint`, at most `limit`, in an order that never changes.
    ///
    /// An event that commits late is never skipped: on PostgreSQL reading stops before the oldest
    /// transaction still under way.
    ///
    /// # Errors
    ///
    /// [`StoreError::Decode`] at an event that cannot be read, [`StoreError::Database`] when the
    /// connection breaks: a reading that ends early never looks like the end of the log.
    pub async fn read_after(
        &self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        match &self.engine {
            Engine::Postgres(pool) => postgres::read_after(pool, checkpoint, limit).await,
            Engine::Sqlite { read, .. } => sqlite::read_after(read, checkpoint, limit).await,
        }
    }

    /// Every event of one establishment, in order, as of one instant of the database.
    ///
    /// # Errors
    ///
    /// As [`Store::read_after`].
    pub async fn read_establishment(&self, uai: &Uai) -> Result<Vec<LoggedEvent>, StoreError> {
        match &self.engine {
            Engine::Postgres(pool) => postgres::read_establishment(pool, uai).await,
            Engine::Sqlite { read, .. } => sqlite::read_establishment(read, uai).await,
        }
    }

    /// The position of the last event of the log, 0 when it is empty.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn head(&self) -> Result<i64, StoreError> {
        match &self.engine {
            Engine::Postgres(pool) => postgres::head(pool).await,
            Engine::Sqlite { read, .. } => sqlite::head(read).await,
        }
    }
}

/// Decodes rows as they come, while the database goes on with the next ones.
pub(crate) async fn decode_all(
    mut rows: impl Stream<Item = Result<LogRow, sqlx::Error>> + Unpin,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let mut events = Vec::new();
    while let Some(row) = rows.try_next().await? {
        events.push(row.try_into()?);
    }
    Ok(events)
}

impl TryFrom<LogRow> for LoggedEvent {
    type Error = StoreError;

    fn try_from(row: LogRow) -> Result<Self, StoreError> {
        let (
            transaction,
            position,
            kind,
            id,
            sequence,
            event_type,
            version,
            payload,
            metadata,
            at,
            uai,
        ) = row;
        let damaged = |detail: String| StoreError::Damaged {
            stream: format!("{kind}/{id} no. {sequence}"),
            detail,
        };
        let event = Event::decode(&kind, &event_type, &version, &payload).map_err(|source| {
            StoreError::Decode {
                position: position.to_string(),
                source,
            }
        })?;
        let record = EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: id.clone(),
            },
            sequence: u64::try_from(sequence).map_err(|error| damaged(error.to_string()))?,
            metadata: serde_json::from_str::<Metadata>(&metadata)
                .map_err(|error| damaged(error.to_string()))?,
            recorded_at: at,
            establishment: uai
                .parse()
                .map_err(|error| damaged(format!("establishment: {error}")))?,
            event,
        };
        Ok(Self {
            checkpoint: Checkpoint {
                transaction,
                position,
            },
            record,
        })
    }
}
