//! Appending the events of one action, atomically, whatever the number of streams.

use sqlx::Connection as _;

use crate::{
    Change, Check, Checkpoint, Conn, Engine, EventRecord, Projection, RawEvent, Rows, StoreError,
    StreamId, Tx, Write, Writer, postgres, seals::EventDigest, sqlite, writer::Connection,
};

/// What one action appends.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// Its events. Their sequences carry the versions their streams were loaded at: another event
    /// with the same number is a conflict.
    pub events: Vec<EventRecord>,
    /// The streams it decided on without appending to them.
    pub guards: Vec<Guard>,
    /// The streams it appends to that others may guard, as they stood before: it waits for those who do,
    /// and they for it.
    pub heads: Vec<Guard>,
}

/// "I decided this because that stream stood at this version": checked, and held until the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub stream: StreamId,
    /// The number of its last event when it was read, at least 1.
    pub version: u64,
}

impl Writer {
    /// Appends in a transaction of its own: the events, the changes of the projections, `writes`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when a stream moved on since it was loaded or a check found something,
    /// [`StoreError::Refused`] when a rule over sets refuses, or one of `writes`; [`StoreError::Commit`]
    /// when the outcome is unknown. Otherwise nothing happened.
    pub async fn append(
        self,
        append: &mut Append,
        writes: &[&dyn Write],
    ) -> Result<(), StoreError> {
        // One order for everybody: two actions on the same streams wait for each other, and never
        // in a circle.
        append
            .events
            .sort_by(|a, b| (&a.stream, a.sequence).cmp(&(&b.stream, b.sequence)));
        append.guards.sort_by(|a, b| a.stream.cmp(&b.stream));
        append.heads.sort_by(|a, b| a.stream.cmp(&b.stream));
        let projections = self.store.projections();
        let effects = Effects::of(projections, &append.events);
        let appended = match self.connection {
            Connection::Shared(Engine::Postgres(mut connection))
                if writes.is_empty() && postgres::fits_one_statement(append, &effects) =>
            {
                postgres::append_in_one_statement(&mut connection, append, effects).await
            }
            Connection::Shared(Engine::Postgres(mut connection)) => {
                let mut tx = connection.begin().await?;
                postgres::queue(&mut tx, &effects.queues).await?;
                Tx::Postgres(tx).append(append, effects, writes).await
            }
            Connection::Shared(Engine::Sqlite(pools)) => {
                let tx = Tx::Sqlite(pools.write.begin_with("BEGIN IMMEDIATE").await?);
                tx.append(append, effects, writes).await
            }
            Connection::Alone(tx) => tx.append(append, effects, writes).await,
        };
        appended.map_err(|error| violated(projections, error))
    }
}

/// What follows from the events of an action by the projections.
pub(crate) struct Effects {
    pub(crate) changes: Vec<Change>,
    pub(crate) checks: Vec<Check>,
    /// Each once, in order.
    pub(crate) queues: Vec<String>,
}

impl Effects {
    fn of(projections: &[Box<dyn Projection>], events: &[EventRecord]) -> Self {
        let checks = projections.iter().flat_map(|it| it.checks(events));
        let mut queues: Vec<String> = projections
            .iter()
            .flat_map(|it| it.queues(events))
            .collect();
        queues.sort_unstable();
        queues.dedup();
        Self {
            changes: changes(projections, events),
            checks: checks.filter(|check| !check.rows.is_empty()).collect(),
            queues,
        }
    }
}

/// What an error of the database is to the projection whose index was violated.
fn violated(projections: &[Box<dyn Projection>], error: StoreError) -> StoreError {
    let StoreError::Unique { index } = &error else {
        return error;
    };
    let mut known = projections.iter().filter_map(|it| it.violated(index));
    known.next().unwrap_or(error)
}

/// What the projections make of `events`; nothing that changes nothing.
pub(crate) fn changes(projections: &[Box<dyn Projection>], events: &[EventRecord]) -> Vec<Change> {
    projections
        .iter()
        .flat_map(|projection| projection.apply(events))
        .filter(|change| !change.rows.is_empty())
        .collect()
}

/// The rows of `events` that an action adds, as both engines write them.
#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
pub(crate) fn event_rows(append: &Append) -> Result<Rows, StoreError> {
    let events = &append.events;
    let mut payloads = Vec::with_capacity(events.len());
    let mut metadata = Vec::with_capacity(events.len());
    let mut digests = Vec::with_capacity(events.len());
    for record in events {
        let payload = record.event.payload()?;
        let said_by = serde_json::to_string(&record.metadata)?;
        digests.push(digest(record, &payload, &said_by));
        payloads.push(payload);
        metadata.push(said_by);
    }
    Ok(Rows::new()
        .text(
            "aggregate_type",
            events.iter().map(|e| e.stream.aggregate_type),
        )
        .text(
            "aggregate_id",
            events.iter().map(|e| &e.stream.aggregate_id),
        )
        .integer("sequence", events.iter().map(|e| e.sequence as i64))
        .text("event_type", events.iter().map(|e| e.event.event_type()))
        .text(
            "event_version",
            events.iter().map(|e| e.event.event_version()),
        )
        .text("payload", payloads)
        .text("metadata", metadata)
        .time("recorded_at", events.iter().map(|e| e.recorded_at))
        .text("establishment", events.iter().map(|e| &e.establishment))
        .bytes("digest", digests))
}

#[expect(clippy::cast_possible_wrap, reason = "a stream never has 2^63 events")]
fn digest(record: &EventRecord, payload: &str, metadata: &str) -> Vec<u8> {
    let digest = EventDigest::of(&RawEvent {
        // It has none yet, and its digest does not depend on it.
        checkpoint: Checkpoint::default(),
        aggregate_type: record.stream.aggregate_type,
        aggregate_id: &record.stream.aggregate_id,
        sequence: record.sequence as i64,
        event_type: record.event.event_type(),
        event_version: record.event.event_version(),
        payload,
        metadata,
        recorded_at: record.recorded_at,
        instant: None,
        establishment: record.establishment.as_str(),
        digest: &[],
    });
    digest.as_bytes().to_vec()
}

impl Tx<'_> {
    /// Writes the events first: PostgreSQL then numbers the transaction after every other one whose
    /// events the decision saw, and the order (transaction, position) in which the log is read never
    /// shows an effect before its cause.
    async fn append(
        mut self,
        append: &Append,
        effects: Effects,
        writes: &[&dyn Write],
    ) -> Result<(), StoreError> {
        match &mut self {
            Self::Postgres(tx) => postgres::append(tx, append).await?,
            Self::Sqlite(tx) => sqlite::append(tx, append).await?,
        }
        let mut conn = self.conn();
        conn.change(effects.changes, "").await?;
        for write in writes {
            write.write(&mut conn).await?;
        }
        for check in effects.checks {
            conn.check(check).await?;
        }
        self.commit().await
    }

    /// Runs one projection over events that are in the log already: a replay.
    pub async fn project(
        &mut self,
        projection: &dyn Projection,
        events: &[EventRecord],
    ) -> Result<(), StoreError> {
        self.conn().change(projection.apply(events), "").await
    }
}

impl Conn<'_> {
    /// Makes these changes, on the tables whose names begin with `prefix` and go on with those of the
    /// read models.
    pub(crate) async fn change(
        &mut self,
        changes: Vec<Change>,
        prefix: &str,
    ) -> Result<(), StoreError> {
        for change in changes {
            let sql = change.on(&format!("{prefix}{}", change.table));
            self.write(&sql, change.rows).await?;
        }
        Ok(())
    }

    async fn check(&mut self, check: Check) -> Result<(), StoreError> {
        let sql = format!("SELECT EXISTS ({})", check.sql);
        let found: Vec<(bool,)> = self.read(&sql, check.rows).await?;
        match found.as_slice() {
            [(true,)] => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }
}
