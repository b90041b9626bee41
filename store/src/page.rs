//! Some of the log, as the database gave it.

use sqlx::postgres::PgRow;

use crate::{
    Checkpoint, Engine, LoggedEvent, RawEvent, StoreError, packed::Packed, raw::checkpoint,
};

/// Some events that follow one another in the log, as the database gave them: cheap to read and to hand
/// to another thread, which decodes them.
pub struct LogPage(pub(crate) PageRows);

/// The rows of a [`LogPage`].
pub(crate) type PageRows = Engine<Vec<PgRow>, Packed>;

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

    /// Its events, decoded; the first error where one cannot be.
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
