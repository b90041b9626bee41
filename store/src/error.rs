//! What can go wrong between the program and its database.

use domain::{event::DecodeError, refusal::Refusal};
use sqlx::{
    error::{DatabaseError, ErrorKind},
    sqlite::SqliteError,
};

use crate::Checkpoint;

/// An error of the event log or of the database under it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("DATABASE_URL must start with sqlite:// or postgres://")]
    Url,
    /// Somebody else changed what the action was decided on: decide again.
    #[error("what the action was decided on has changed")]
    Conflict,
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A unique index was violated that holds no rule which an action may break; `index` names it, or
    /// on SQLite its `table.column, …`.
    #[error("unique index violated: {index}")]
    Unique { index: String },
    #[error("event {position} cannot be decoded: {source}")]
    Decode {
        /// Where it stands: its position, or its stream and sequence.
        position: String,
        source: DecodeError,
    },
    /// A row of the log is not even text and an instant.
    #[error("event {} cannot be read: {detail}", checkpoint.position)]
    Unreadable {
        /// Where a reader that leaves it out stands.
        checkpoint: Checkpoint,
        detail: String,
    },
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// A stream in the log does not number its events 1, 2, 3…, or a row holds what this program cannot
    /// have written.
    #[error("the log is damaged at {stream}: {detail}")]
    Damaged {
        /// The stream, as type/id, or the column.
        stream: String,
        detail: String,
    },
    #[error("the schema cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The log was restored from a cluster that counts its transactions further than this one.
    #[error("the log holds transactions that this cluster has not counted yet")]
    OtherCluster,
    /// Other transactions kept the tables of a rebuild, or the end of the log, for too long.
    #[error("others held the tables, or the end of the log, for too long")]
    HeldUp,
    #[error("another rebuild is under way")]
    RebuildUnderWay,
    /// The connection broke, or the database went down, during a commit: whether the action happened is
    /// unknown.
    #[error("the outcome of a commit is unknown: {0}")]
    Commit(sqlx::Error),
    /// The database refused, or did not answer.
    #[error(transparent)]
    Database(sqlx::Error),
}

/// The codes with which PostgreSQL asks for the transaction to be tried again: serialization
/// failure, deadlock, a lock that is not to be waited for any longer (PostgreSQL manual, appendix A).
const PG_TRY_AGAIN: [&str; 3] = ["40001", "40P01", "55P03"];

/// What PostgreSQL says while it goes down or comes up: `admin_shutdown`, `crash_shutdown`,
/// `cannot_connect_now`.
const PG_GOES_DOWN: [&str; 3] = ["57P01", "57P02", "57P03"];

/// The classes of what PostgreSQL says when it lacks what every action needs: a connection, resources (a full
/// disk), the system's help; and when it may only be read.
const PG_OUT_OF_SERVICE: [&str; 4] = ["08", "53", "58", "25006"];

/// What SQLite says then (result codes): `SQLITE_BUSY` after the longest wait, `SQLITE_READONLY`,
/// `SQLITE_IOERR`, `SQLITE_FULL`, `SQLITE_CANTOPEN`.
const SQLITE_OUT_OF_SERVICE: [i32; 5] = [5, 8, 10, 13, 14];

/// The key of the `events` table, as PostgreSQL names it when it is violated.
const STREAM_KEY: &str = "events_pkey";

/// What SQLite says of an event that follows none; PostgreSQL names the column.
const FOLLOWS_NONE: &str = "NOT NULL constraint failed: events.digest";

/// What SQLite's trigger says instead (`migrations/sqlite/0001_event_log.sql`).
const EVENT_TAKEN: &str = "this event is in the log already";

/// A thread of its own panicked, or was not to begin any more.
impl From<tokio::task::JoinError> for StoreError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Database(sqlx::Error::Io(std::io::Error::other(error)))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // What reads a row of the log says itself what is wrong with it.
        let error = match error {
            sqlx::Error::Decode(cause) => match cause.downcast() {
                Ok(cause) => return *cause,
                Err(cause) => sqlx::Error::Decode(cause),
            },
            sqlx::Error::ColumnDecode { index, source } => {
                return Self::Damaged {
                    stream: format!("column {index}"),
                    detail: source.to_string(),
                };
            }
            error => error,
        };
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
        if follows_none(database) {
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
    /// What a commit that failed means: where the database says why, nothing happened.
    pub(crate) fn of_commit(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(refused) if !goes_down(refused) => error.into(),
            _ => Self::Commit(error),
        }
    }

    /// Whether the same work, done again from fresh state, may succeed: a conflict, or a connection
    /// that broke before the commit.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Conflict | Self::Database(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)
        )
    }

    /// Whether the database is out of service, so that everything else that is asked of it fails too until
    /// somebody sees to it: it does not answer, goes down, or its disk is full.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Commit(_) | Self::OtherCluster => true,
            Self::Database(error) => match error.as_database_error() {
                Some(refused) => is_out_of_service(refused),
                None => matches!(
                    error,
                    sqlx::Error::Io(_)
                        | sqlx::Error::Tls(_)
                        | sqlx::Error::PoolTimedOut
                        | sqlx::Error::PoolClosed
                        | sqlx::Error::WorkerCrashed
                ),
            },
            _ => false,
        }
    }
}

/// Whether an event was refused because the one before it is not there.
fn follows_none(error: &dyn DatabaseError) -> bool {
    error.message() == FOLLOWS_NONE
        || error.kind() == ErrorKind::NotNullViolation && error.table() == Some("events")
}

fn goes_down(error: &dyn DatabaseError) -> bool {
    error
        .code()
        .is_some_and(|code| PG_GOES_DOWN.contains(&&*code))
}

fn is_out_of_service(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    if error.try_downcast_ref::<SqliteError>().is_some() {
        // An extended code holds the primary one in its lowest byte.
        let code = code.parse::<i32>().map(|code| code & 0xff);
        return code.is_ok_and(|code| SQLITE_OUT_OF_SERVICE.contains(&code));
    }
    goes_down(error)
        || PG_OUT_OF_SERVICE
            .iter()
            .any(|class| code.starts_with(class))
}
