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

#[doc(hidden)]
pub mod run;
pub mod seals;

mod action;
mod append;
mod checkpoint;
mod clock;
mod engine;
mod error;
mod excerpt;
mod load;
mod log;
mod nullable;
mod packed;
mod page;
mod postgres;
mod projection;
mod raw;
mod record;
mod rows;
mod schema;
mod shadow;
mod sql;
mod sqlite;
mod store;
mod stream;
mod writer;

pub use action::{Append, Guard};
pub use checkpoint::Checkpoint;
pub use clock::{Clock, SystemClock};
pub use engine::{Conn, Engine, Reader, Tx};
pub use error::StoreError;
pub use excerpt::Excerpt;
pub use nullable::Nullable;
pub use page::LogPage;
pub use projection::{Change, Check, Projection, Write};
pub use raw::RawEvent;
pub use record::{EventRecord, LoggedEvent};
pub use rows::Rows;
pub use schema::SchemaStatus;
pub use shadow::{LogReader, Replica, Shadow, TableDifference};
#[doc(hidden)]
pub use sqlx;
pub use store::Store;
pub use stream::{Lifespan, Stream, StreamId, Streams};
pub use writer::Writer;
