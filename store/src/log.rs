//! Reading the log in order.

use crate::{
    Checkpoint, Conn, LogPage, LoggedEvent, Store, StoreError, engine::Pools, fetch_optional,
    page::PageRows, postgres, sqlite,
};

impl Store {
    /// The next events after `checkpoint`, at most `limit`, in an order that never changes. A reading that
    /// ends early is an error, and never looks like the end of the log.
    ///
    /// An event that commits late is never skipped: on PostgreSQL reading stops before the oldest
    /// transaction still under way.
    pub async fn read_page(
        &self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        let mut reader = self.reader().await?;
        let mut conn = reader.conn();
        conn.page(checkpoint, limit, postgres::SETTLED).await
    }

    /// The events of [`Store::read_page`], decoded.
    pub async fn read_after(
        &self,
        checkpoint: Checkpoint,
        limit: u32,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        self.read_page(checkpoint, limit).await?.decode()
    }

    /// The position of the last event of the log, 0 when it is empty.
    pub async fn head(&self) -> Result<i64, StoreError> {
        let newest_first = match self.engine {
            Pools::Postgres(_) => "transaction_id DESC, position DESC",
            Pools::Sqlite(_) => "position DESC",
        };
        let sql = format!("SELECT position FROM events ORDER BY {newest_first} LIMIT 1");
        let last = fetch_optional!(&mut self.reader().await?.conn(), (i64,), &sql)?;
        Ok(last.map_or(0, |(position,)| position))
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
        self.page(checkpoint, limit, "").await
    }

    /// `settled` says of which transactions, on PostgreSQL.
    async fn page(
        &mut self,
        after: Checkpoint,
        limit: u32,
        settled: &str,
    ) -> Result<LogPage, StoreError> {
        Ok(LogPage(match self {
            Self::Postgres(connection) => {
                PageRows::Postgres(postgres::read_page(connection, after, limit, settled).await?)
            }
            Self::Sqlite(connection) => {
                PageRows::Sqlite(sqlite::read_page(connection, after, limit).await?)
            }
        }))
    }
}
