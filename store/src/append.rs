//! Appending the events of one action, atomically, whatever the number of streams.

use sqlx::Connection as _;

use crate::{
    Append, Check, Conn, Guard, Projection, Reader, StoreError, Tx, Write, Writer,
    action::{Effects, event_rows, guard_rows, insert_events},
    postgres,
    writer::Connection,
};

impl Writer {
    /// Appends in a transaction of its own: the events, the changes of the projections, `writes`.
    ///
    /// [`StoreError::Conflict`] when a stream moved on since it was loaded or a check found something,
    /// [`StoreError::Refused`] when a rule over sets refuses, or one of `writes`. Nothing happened at an error,
    /// but for [`StoreError::Commit`].
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
        let Self { store, connection } = self;
        let projections = store.projections();
        let mut effects = Effects::of(projections, &append.events);
        effects.changes.append(&mut append.rows);
        let appended = match connection {
            Connection::Shared(Reader::Postgres(mut connection))
                if writes.is_empty() && postgres::fits_one_statement(append, &effects) =>
            {
                postgres::append_in_one_statement(&mut connection, append, effects).await
            }
            Connection::Shared(Reader::Postgres(mut connection)) => {
                let mut tx = connection.begin().await?;
                postgres::queue(&mut tx, &effects.queues).await?;
                Tx::Postgres(tx).append(append, effects, writes).await
            }
            Connection::Shared(Reader::Sqlite(reader)) => {
                // Whoever waits for the one writer keeps no reader from others.
                drop(reader);
                let tx = store.begin().await?;
                tx.append(append, effects, writes).await
            }
            Connection::Alone(tx) => tx.append(append, effects, writes).await,
        };
        appended.map_err(|error| violated(projections, error))
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
        let insert = match &mut self {
            Self::Postgres(tx) => {
                postgres::lock_streams(tx, append).await?;
                insert_events("::json")
            }
            Self::Sqlite(_) => insert_events(""),
        };
        let mut conn = self.conn();
        conn.check_guards(&append.guards).await?;
        conn.write(&insert, event_rows(append)?).await?;
        conn.change(effects.changes, "").await?;
        for write in writes {
            write.write(&mut conn).await?;
        }
        for check in effects.checks {
            conn.check(check).await?;
        }
        self.commit().await
    }
}

impl Conn<'_> {
    /// A statement of its own, once nobody else can change what is checked: only then does it see what was
    /// committed while that was waited for.
    async fn check_guards(&mut self, guards: &[Guard]) -> Result<(), StoreError> {
        let sql = "SELECT aggregate_id FROM {rows} \
                   WHERE rows.sequence = (SELECT MAX(e.sequence) FROM events e \
                                          WHERE e.aggregate_type = rows.aggregate_type \
                                            AND e.aggregate_id = rows.aggregate_id)";
        let current: Vec<(String,)> = self.read(sql, guard_rows(guards)).await?;
        if current.len() == guards.len() {
            Ok(())
        } else {
            Err(StoreError::Conflict)
        }
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
