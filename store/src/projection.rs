//! What an append changes in its own transaction besides writing events.

use async_trait::async_trait;

use crate::{Conn, EventRecord, Rows, StoreError};

/// A read model that changes in the transaction of the events.
pub trait Projection: Send + Sync {
    /// Its name, for `projections status` and `rebuild`.
    fn name(&self) -> &'static str;

    /// The tables it owns: rebuilding it means filling them from the log alone.
    fn tables(&self) -> &'static [&'static str];

    /// What `events`, given in the order of the log, change in its tables, in order.
    ///
    /// The same function serves one staff action and a replay of thousands: it must lead to the same
    /// rows however the log is cut into calls. A rule over sets refuses an action by a unique index
    /// of one of these tables.
    fn apply(&self, events: &[EventRecord]) -> Vec<Change>;
}

/// One writing statement over many rows, on one table of a read model.
pub struct Change {
    /// The table it writes.
    pub table: &'static str,
    /// SQL that both engines understand; `{rows}` stands for the rows, a table named `rows`, and
    /// `{table}` for the table: a rebuild writes another one. It touches no row twice.
    pub sql: &'static str,
    /// The rows. Without any, nothing is changed.
    pub rows: Rows,
}

impl Change {
    /// The statement, on this table.
    pub(crate) fn on(&self, table: &str) -> String {
        self.sql.replace("{table}", table)
    }
}

/// Rows that must change together with the events of an action but do not follow from them:
/// personal data, an account, a message to send.
#[async_trait]
pub trait Write: Send + Sync {
    /// Writes them. May be called again when the action is decided again.
    ///
    /// # Errors
    ///
    /// As the database gives them; the whole action is then undone.
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError>;
}
