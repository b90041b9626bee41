//! The event log on PostgreSQL and on SQLite, and the transactions around it.
//!
//! Everything that is true starts here: [`Writer::append`] writes the events of one staff action and runs
//! the projections it was given in the same transaction; [`Store::read_after`] gives the log back in
//! order without ever skipping an event that commits late. What differs between the engines sits in
//! `postgres.rs` and `sqlite.rs`; everything else is written once.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod seals;

mod append;
mod clock;
mod engine;
mod error;
mod excerpt;
mod load;
mod log;
mod nullable;
mod packed;
mod postgres;
mod projection;
mod raw;
mod record;
mod rows;
mod schema;
mod shadow;
mod sql;
mod sqlite;
mod writer;

use std::sync::Arc;

use self::engine::Pools;

pub use append::{Append, Guard};
pub use clock::{Clock, SystemClock};
pub use engine::{Conn, Engine, Reader, Tx};
pub use error::StoreError;
pub use excerpt::Excerpt;
pub use load::{Lifespan, Stream, StreamId, Streams};
pub use log::{Checkpoint, LogPage, LoggedEvent};
pub use nullable::Nullable;
pub use projection::{Change, Check, Projection, Write};
pub use raw::RawEvent;
pub use record::EventRecord;
pub use rows::Rows;
pub use schema::SchemaStatus;
pub use shadow::{LogReader, Replica, Shadow, TableDifference};
#[doc(hidden)]
pub use sqlx;
pub use writer::Writer;

/// The database a server works on, with the projections that every append keeps in step.
///
/// Cheap to clone: clones share the connection pools.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Pools,
    pub(crate) projections: Arc<[Box<dyn Projection>]>,
}

impl Store {
    /// Opens the database named by `url` (`sqlite://path` or `postgres://…`).
    ///
    /// An SQLite file and its folder are created when missing. The schema is left as it is:
    /// see [`Store::migrate`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Url`] when the address names neither engine, [`StoreError::Database`] when
    /// the database does not answer.
    pub async fn connect(
        url: &str,
        projections: Vec<Box<dyn Projection>>,
    ) -> Result<Self, StoreError> {
        Self::open(url, projections, true).await
    }

    /// The same where a missing SQLite file is an error: nothing is created.
    pub async fn connect_existing(
        url: &str,
        projections: Vec<Box<dyn Projection>>,
    ) -> Result<Self, StoreError> {
        Self::open(url, projections, false).await
    }

    async fn open(
        url: &str,
        projections: Vec<Box<dyn Projection>>,
        create: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            engine: Pools::open(url, create).await?,
            projections: projections.into(),
        })
    }

    /// The projections that every append keeps in step.
    #[must_use]
    pub fn projections(&self) -> &[Box<dyn Projection>] {
        &self.projections
    }

    /// The engine's name, for logs and status pages.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        match self.engine {
            Pools::Postgres(_) => "postgresql",
            Pools::Sqlite(_) => "sqlite",
        }
    }

    /// Takes what was removed out of the copies that the engine itself made of it, in the database and in
    /// the files beside it; says whether nothing is left in them. On PostgreSQL, which has none that are
    /// ours, it is always so.
    pub async fn clean_files(&self) -> Result<bool, StoreError> {
        match &self.engine {
            Pools::Postgres(_) => Ok(true),
            Pools::Sqlite(pools) => sqlite::clean_files(&pools.write).await,
        }
    }

    /// Closes every connection, once the work under way on them is done.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
