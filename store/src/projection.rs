//! What an append changes in its own transaction besides writing events.

use std::borrow::Cow;

use async_trait::async_trait;

use crate::{Conn, EventRecord, Rows, StoreError};

/// A read model that changes in the transaction of the events.
pub trait Projection: Send + Sync {
    /// Its name, for `projections status` and `rebuild`.
    fn name(&self) -> &'static str;

    /// The tables it owns, one of its own name unless it says otherwise: rebuilding it means filling them
    /// from the log alone.
    fn tables(&self) -> Vec<&'static str> {
        vec![self.name()]
    }

    /// What `events`, given in the order of the log, change in its tables, in order.
    ///
    /// The same function serves one staff action and a replay of thousands: it must lead to the same
    /// rows however the log is cut into calls. A rule over sets refuses an action by a unique index
    /// of one of these tables, see [`Projection::violated`].
    fn apply(&self, events: &[EventRecord]) -> Vec<Change>;

    /// What `events` must find in the tables, for what they were decided on to be still so. Asked when
    /// they are appended, never on a replay: the log is true, whatever it says.
    fn checks(&self, _events: &[EventRecord]) -> Vec<Check> {
        Vec::new()
    }

    /// What an action that appends `events` waits in line for: one at a time goes on of those that name
    /// the same.
    ///
    /// The log is told in the order in which transactions got their numbers, and on PostgreSQL each gets
    /// its own before it writes the row that a unique index judges. Whoever waits here has none yet: what
    /// another action frees is taken by a later transaction.
    fn queues(&self, _events: &[EventRecord]) -> Vec<String> {
        Vec::new()
    }

    /// What became of an action that violated a unique index of its tables, which the engine names:
    /// [`StoreError::Refused`] by a rule over sets, or [`StoreError::Conflict`]. None when no action may
    /// get there.
    fn violated(&self, _index: &str) -> Option<StoreError> {
        None
    }
}

/// A question about read models, asked in the transaction of the events that raise it, after everything
/// else that it writes. A row found means that somebody else changed what the action was decided on: it
/// is then decided again.
pub struct Check {
    /// SQL that both engines understand; `{rows}` stands for the rows, a table named `rows`.
    pub sql: &'static str,
    /// The rows. Without any, nothing is asked.
    pub rows: Rows,
}

/// One writing statement over many rows, on one table.
#[derive(Clone, Debug)]
pub struct Change {
    pub table: &'static str,
    /// SQL that both engines understand; `{rows}` stands for the rows, a table named `rows`, and
    /// `{table}` for the table: a rebuild writes another one. It touches no row twice.
    pub sql: Cow<'static, str>,
    /// The rows. Without any, nothing is changed.
    pub rows: Rows,
}

impl Change {
    /// Adds these rows.
    #[must_use]
    pub fn insert(table: &'static str, rows: Rows) -> Self {
        let columns = rows.names().join(", ");
        let sql = format!("INSERT INTO {{table}} ({columns}) SELECT {columns} FROM {{rows}}");
        let sql = sql.into();
        Self { table, sql, rows }
    }

    /// Puts these rows in the place of those with the same key, which is their first column.
    #[must_use]
    pub fn put(table: &'static str, rows: Rows) -> Self {
        let names = rows.names();
        let (key, rest) = names.split_first().unwrap_or((&"", &[]));
        let set: Vec<_> = rest
            .iter()
            .map(|it| format!("{it} = excluded.{it}"))
            .collect();
        let (columns, set) = (names.join(", "), set.join(", "));
        // `WHERE true` keeps SQLite from reading the conflict as a join's condition.
        let sql = format!(
            "INSERT INTO {{table}} ({columns}) SELECT {columns} FROM {{rows}} WHERE true \
             ON CONFLICT ({key}) DO UPDATE SET {set}"
        );
        let sql = sql.into();
        Self { table, sql, rows }
    }

    /// Removes the rows that hold these values.
    #[must_use]
    pub fn remove(table: &'static str, rows: Rows) -> Self {
        let columns = rows.names().join(", ");
        let sql =
            format!("DELETE FROM {{table}} WHERE ({columns}) IN (SELECT {columns} FROM {{rows}})");
        let sql = sql.into();
        Self { table, sql, rows }
    }

    /// The statement, on this table.
    pub(crate) fn on(&self, table: &str) -> String {
        self.sql.replace("{table}", table)
    }
}

impl Conn<'_> {
    /// Makes these changes, on the tables whose names begin with `prefix` and go on with those of the
    /// read models.
    pub async fn change(&mut self, changes: Vec<Change>, prefix: &str) -> Result<(), StoreError> {
        for change in changes {
            let sql = change.on(&format!("{prefix}{}", change.table));
            self.write(&sql, change.rows).await?;
        }
        Ok(())
    }
}

/// Rows that must change together with the events of an action but do not follow from them:
/// personal data, an account, a message to send.
#[async_trait]
pub trait Write: Send + Sync {
    /// Writes them, or refuses the action by [`StoreError::Refused`]; at an error all of it is undone. May be
    /// called again when the action is decided again.
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError>;
}
