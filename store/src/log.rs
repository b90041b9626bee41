//! Reading the log in order.

use chrono::{DateTime, Utc};
use domain::{actor::Metadata, event::Event, values::Uai};
use sqlx::{Row as _, postgres::PgRow};

use crate::{
    Conn, Engine, EventRecord, Store, StoreError, StreamId, packed::Packed, postgres, sqlite,
};

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

/// An event as the database holds it: nothing of it is decoded yet.
#[derive(Clone, Copy, Debug)]
pub struct RawEvent<'r> {
    /// Where a reader that has seen it stands.
    pub checkpoint: Checkpoint,
    /// The type of the aggregate.
    pub aggregate_type: &'r str,
    /// The aggregate.
    pub aggregate_id: &'r str,
    /// Its number in its stream.
    pub sequence: i64,
    /// What happened.
    pub event_type: &'r str,
    /// The version of the shape of `payload`.
    pub event_version: &'r str,
    /// What it says, as JSON.
    pub payload: &'r str,
    /// Who did it, and by which command, as JSON.
    pub metadata: &'r str,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// The same as it stands there, on an engine that keeps it as text.
    pub instant: Option<&'r str>,
    /// The establishment it concerns.
    pub establishment: &'r str,
    /// What the digest of all this was when it was appended; none for events from before there were
    /// digests.
    pub digest: Option<&'r [u8]>,
}

/// Some events that follow one another in the log, as the database gave them: cheap to read and to hand
/// to another thread, which decodes them.
pub struct LogPage(pub(crate) PageRows);

/// The rows of a [`LogPage`].
pub(crate) enum PageRows {
    Postgres(Vec<PgRow>),
    Sqlite(Packed),
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
    /// [`StoreError::Database`] when the connection breaks: a reading that ends early never looks like
    /// the end of the log.
    pub async fn read_page(
        &self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        Ok(LogPage(match &self.engine {
            Engine::Postgres(pool) => PageRows::Postgres(
                postgres::read_page(pool, checkpoint, limit, postgres::SETTLED).await?,
            ),
            Engine::Sqlite { read, .. } => {
                PageRows::Sqlite(sqlite::read_page(read, checkpoint, limit).await?)
            }
        }))
    }

    /// The events of [`Store::read_page`], decoded.
    ///
    /// # Errors
    ///
    /// [`StoreError::Decode`] at an event that cannot be read, and those of [`Store::read_page`].
    pub async fn read_after(
        &self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        self.read_page(checkpoint, limit).await?.decode()
    }

    /// Every event of one establishment, in order, as of one instant of the database.
    ///
    /// # Errors
    ///
    /// As [`Store::read_after`].
    pub async fn read_establishment(&self, uai: &Uai) -> Result<Vec<LoggedEvent>, StoreError> {
        let rows = match &self.engine {
            Engine::Postgres(pool) => {
                PageRows::Postgres(postgres::read_establishment(pool, uai).await?)
            }
            Engine::Sqlite { read, .. } => {
                PageRows::Sqlite(sqlite::read_establishment(read, uai).await?)
            }
        };
        LogPage(rows).decode()
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

impl Conn<'_> {
    /// The next events after `checkpoint`, at most `limit`: all that this transaction sees, also what
    /// was appended by a transaction younger than one still under way. For who keeps others from
    /// appending, or looks at one instant of the database.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] when the connection breaks.
    pub async fn read_page(
        &mut self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        Ok(LogPage(match self {
            Self::Postgres(connection) => PageRows::Postgres(
                postgres::read_page(&mut **connection, checkpoint, limit, "").await?,
            ),
            Self::Sqlite(connection) => {
                PageRows::Sqlite(sqlite::read_page(&mut **connection, checkpoint, limit).await?)
            }
        }))
    }
}

impl LogPage {
    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            PageRows::Postgres(rows) => rows.len(),
            PageRows::Sqlite(rows) => rows.len(),
        }
    }

    /// Whether it holds none: the log ends before it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a reader that has seen all of it stands; none when it is empty.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] at a row that is not one of the log.
    pub fn end(&self) -> Result<Option<Checkpoint>, StoreError> {
        let Some(last) = self.len().checked_sub(1) else {
            return Ok(None);
        };
        Ok(Some(match &self.0 {
            PageRows::Postgres(rows) => checkpoint(&rows[last])?,
            PageRows::Sqlite(rows) => rows.checkpoint(last),
        }))
    }

    /// Its events, in order. [`StoreError::Unreadable`] stands for one that cannot be shown, and others
    /// come after it.
    pub fn events(&self) -> impl Iterator<Item = Result<RawEvent<'_>, StoreError>> {
        (0..self.len()).map(|index| self.event(index))
    }

    /// Its events, decoded.
    ///
    /// # Errors
    ///
    /// [`StoreError::Decode`] and [`StoreError::Damaged`] at the first that cannot be read.
    pub fn decode(&self) -> Result<Vec<LoggedEvent>, StoreError> {
        self.events().map(|event| event?.decode()).collect()
    }

    /// The same without what comes after this position; positions grow along the page.
    pub(crate) fn up_to(mut self, position: i64) -> Result<Self, StoreError> {
        while self.end()?.is_some_and(|end| end.position > position) {
            match &mut self.0 {
                PageRows::Postgres(rows) => drop(rows.pop()),
                PageRows::Sqlite(rows) => rows.pop(),
            }
        }
        Ok(self)
    }

    fn event(&self, index: usize) -> Result<RawEvent<'_>, StoreError> {
        Ok(match &self.0 {
            PageRows::Postgres(rows) => RawEvent::of(&rows[index])?,
            PageRows::Sqlite(rows) => rows.event(index)?,
        })
    }
}

/// The instant that PostgreSQL counts from, 2000-01-01, in microseconds since 1970-01-01.
const PG_EPOCH: i64 = 946_684_800_000_000;

fn checkpoint(row: &PgRow) -> Result<Checkpoint, sqlx::Error> {
    Ok(Checkpoint {
        transaction: row.try_get_unchecked(0)?,
        position: row.try_get_unchecked(1)?,
    })
}

impl<'r> RawEvent<'r> {
    /// From the columns that [`Conn::log_columns`] names, and the digest. They are of these types: looking each
    /// time would cost half as much as hashing the event.
    fn of(row: &'r PgRow) -> Result<Self, StoreError> {
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
            digest: row.try_get_unchecked(11)?,
        })
    }

    /// The instant as it stands there, where that is not how the program writes it: searches compare it
    /// as text.
    #[must_use]
    pub fn odd_instant(&self) -> Option<&'r str> {
        self.instant
            .filter(|instant| *instant != sqlite::instant(self.recorded_at))
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// [`StoreError::Decode`] and [`StoreError::Damaged`] when it is nothing that this program knows.
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

impl TryFrom<LogRow> for LoggedEvent {
    type Error = StoreError;

    fn try_from(row: LogRow) -> Result<Self, StoreError> {
        let raw = RawEvent {
            checkpoint: Checkpoint {
                transaction: row.0,
                position: row.1,
            },
            aggregate_type: &row.2,
            aggregate_id: &row.3,
            sequence: row.4,
            event_type: &row.5,
            event_version: &row.6,
            payload: &row.7,
            metadata: &row.8,
            recorded_at: row.9,
            instant: None,
            establishment: &row.10,
            digest: None,
        };
        raw.decode()
    }
}
