//! Looking an establishment up, on every page that needs one: a search, then a choice among what it finds.

use projections::directory::{self, DirectoryEntry};
use store::{Conn, StoreError};

/// How many are worth looking through.
const MOST: i64 = 20;

/// What was looked for, and what was found.
#[derive(Default)]
pub(crate) struct Search {
    pub(crate) query: String,
    pub(crate) found: Vec<DirectoryEntry>,
    /// Why the search is shown again to somebody who had chosen; empty otherwise.
    pub(crate) fault: String,
}

impl Search {
    /// Nothing is found for nothing.
    pub(crate) async fn run(conn: &mut Conn<'_>, query: &str) -> Result<Self, StoreError> {
        if query.trim().is_empty() {
            return Ok(Self::default());
        }
        Self::from(conn, query, 0, MOST).await
    }

    /// Establishments that the query finds, `limit` of them after the first ones; any, for nothing.
    pub(crate) async fn from(
        conn: &mut Conn<'_>,
        query: &str,
        after: i64,
        limit: i64,
    ) -> Result<Self, StoreError> {
        let query = query.trim().to_owned();
        Ok(Self {
            found: directory::search(conn, &query, after, limit).await?,
            query,
            fault: String::new(),
        })
    }
}
