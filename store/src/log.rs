//! Reading the log in order.

use sqlx::postgres::PgRow;

use crate::{
    Conn, Engine, EventRecord, RawEvent, Store, StoreError, engine::Pools, packed::Packed,
    postgres, raw::checkpoint, sqlite,
};

/// How far a reader has come. The default is before the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checkpoint {
    /// The transaction that appended the last event read; 0 on SQLite, which has one writer.
    pub transaction: i64,
    pub position: i64,
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedEvent {
    /// Where a reader that has seen it stands.
    pub checkpoint: Checkpoint,
    pub record: EventRecord,
}

/// Some events that follow one another in the log, as the database gave them: cheap to read and to hand
/// to another thread, which decodes them.
pub struct LogPage(pub(crate) PageRows);

/// The rows of a [`LogPage`].
pub(crate) type PageRows = Engine<Vec<PgRow>, Packed>;

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
            Pools::Postgres(pool) => PageRows::Postgres(
                postgres::read_page(pool, checkpoint, limit, postgres::SETTLED).await?,
            ),
            Pools::Sqlite(pools) => {
                PageRows::Sqlite(sqlite::read_page(&pools.read, checkpoint, limit).await?)
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

    /// The position of the last event of the log, 0 when it is empty.
    pub async fn head(&self) -> Result<i64, StoreError> {
        match &self.engine {
            Pools::Postgres(pool) => postgres::head(pool).await,
            Pools::Sqlite(pools) => sqlite::head(&pools.read).await,
        }
    }
}

impl Conn<'_> {
    /// The next events after `checkpoint`, at most `limit`: all that this transaction sees, also what
    /// was appended by a transaction younger than one still under way. For who keeps others from
    /// appending, or looks at one instant of the database.
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
