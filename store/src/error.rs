//! What can go wrong between the program and its database.

use domain::event::DecodeError;

use crate::Checkpoint;

/// An error of the event log or of the database under it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address names neither `sqlite:` nor `postgres:`.
    #[error("DATABASE_URL must start with sqlite:// or postgres://")]
    Url,
    /// Somebody else appended to one of the streams since it was loaded: decide again.
    #[error("a stream changed since it was loaded")]
    Conflict,
    /// A rule over sets was violated; `index` names the unique index, or on SQLite its
    /// `table.column, …`.
    #[error("unique index violated: {index}")]
    Unique {
        /// The name that the engine gives of what was violated.
        index: String,
    },
    /// What the action was to use up, once, is used up already.
    #[error("what the action was to use up is used up")]
    Spent,
    /// An event in the log cannot be read.
    #[error("event {position} cannot be decoded: {source}")]
    Decode {
        /// Where it stands: its position, or its stream and sequence.
        position: String,
        /// Why.
        source: DecodeError,
    },
    /// A row of the log is not even text and an instant.
    #[error("event {} cannot be read: {detail}", checkpoint.position)]
    Unreadable {
        /// Where a reader that leaves it out stands.
        checkpoint: Checkpoint,
        /// Why.
        detail: String,
    },
    /// An event cannot be written as JSON.
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// A stream in the log does not number its events 1, 2, 3…, or holds what it cannot hold.
    #[error("the log is damaged at {stream}: {detail}")]
    Damaged {
        /// The stream, as type/id.
        stream: String,
        /// What was found.
        detail: String,
    },
    /// The schema cannot be brought up to date.
    #[error("the schema cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The log was restored from a cluster that counts its transactions further than this one.
    #[error("the log holds transactions that this cluster has not counted yet")]
    OtherCluster,
    /// Other transactions kept the tables of a rebuild, or the end of the log, for too long.
    #[error("others held the tables, or the end of the log, for too long")]
    HeldUp,
    /// Another rebuild is under way.
    #[error("another rebuild is under way")]
    RebuildUnderWay,
    /// The connection broke during a commit: whether the action happened is unknown.
    #[error("the outcome of a commit is unknown: {0}")]
    Commit(sqlx::Error),
    /// The database refused, or did not answer.
    #[error(transparent)]
    Database(sqlx::Error),
}

/// The codes with which PostgreSQL asks for the transaction to be tried again: serialization
/// failure, deadlock (PostgreSQL manual, appendix A, class 40).
const PG_TRY_AGAIN: [&str; 2] = ["40001", "40P01"];

/// The key of the `events` table, as PostgreSQL names it when it is violated.
const STREAM_KEY: &str = "events_pkey";

/// What SQLite's trigger says instead (`migrations/sqlite/0001_event_log.sql`).
const EVENT_TAKEN: &str = "this event is in the log already";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return Self::Database(error);
        };
        if database
            .code()
            .is_some_and(|code| PG_TRY_AGAIN.contains(&code.as_ref()))
        {
            return Self::Conflict;
        }
        if database.constraint() == Some(STREAM_KEY) || database.message() == EVENT_TAKEN {
            return Self::Conflict;
        }
        if !database.is_unique_violation() {
            return Self::Database(error);
        }
        // SQLite gives no constraint name, only "UNIQUE constraint failed: table.column, …".
        let index = database.constraint().map_or_else(
            || {
                let message = database.message();
                message
                    .split_once("failed: ")
                    .map_or(message, |(_, columns)| columns)
                    .to_owned()
            },
            str::to_owned,
        );
        Self::Unique { index }
    }
}

impl StoreError {
    /// Whether the same work, done again from fresh state, may succeed: a conflict, or a connection
    /// that broke before the commit.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Conflict | Self::Database(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)
        )
    }
}
