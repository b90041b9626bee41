//! Tables that stand by, until they take the place of the live ones.

use super::{postgres, sqlite};
use crate::{Change, Conn, StoreError, Tx};

/// What the name of every table begins with that is to take the place of a live one.
pub(super) const REBUILT: &str = "rebuilt_";

/// Filled tables that can take the place of the live ones of the same read models.
pub struct Shadow {
    pub(super) prefix: String,
    pub(super) tables: Vec<&'static str>,
}

impl Shadow {
    pub(super) fn name(&self, table: &str) -> String {
        format!("{}{table}", self.prefix)
    }

    /// The tables it stands beside.
    #[must_use]
    pub fn tables(&self) -> &[&'static str] {
        &self.tables
    }

    /// Makes these changes to its tables.
    pub async fn change(
        &self,
        conn: &mut Conn<'_>,
        changes: Vec<Change>,
    ) -> Result<(), StoreError> {
        conn.change(changes, &self.prefix).await
    }

    /// Keeps everybody else from changing the live tables until the end of the transaction. Every event
    /// that concerns them is then either committed or still to change them. Gives up soon, and says so, when others
    /// do not let go of them: whoever waits behind it must not wait for long.
    pub async fn lock(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        match tx {
            Tx::Postgres(tx) => postgres::lock(tx, &self.tables).await,
            // It holds the only write lock since it began.
            Tx::Sqlite(_) => Ok(true),
        }
    }

    /// Puts its tables in the place of the live ones, with indexes of the same names. What stood there may
    /// stay, for [`Replica::remove_leftovers`](super::Replica::remove_leftovers).
    pub async fn take_over(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for table in &self.tables {
            let new = self.name(table);
            match tx {
                Tx::Postgres(tx) => postgres::take_over(tx, table, &new, &self.prefix).await?,
                Tx::Sqlite(tx) => sqlite::take_over(tx, table, &new, &self.prefix).await?,
            }
        }
        if let Tx::Sqlite(tx) = tx {
            sqlite::reload_schema(tx).await?;
        }
        Ok(())
    }
}
