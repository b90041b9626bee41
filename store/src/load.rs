//! Loading streams.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use domain::{event::Event, values::Uai};

use crate::{
    Conn, Lifespan, LogPage, Rows, StoreError, Stream, StreamId, Streams, Writer, fetch_all,
    postgres, sqlite,
};

/// One row of a loaded stream: which of the asked streams, then the event.
#[derive(sqlx::FromRow)]
struct LoadedRow {
    stream: i64,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
}

impl LoadedRow {
    /// The event, of this stream.
    fn event(&self, id: &StreamId) -> Result<Event, StoreError> {
        Event::decode(
            id.aggregate_type,
            &self.event_type,
            &self.event_version,
            &self.payload,
        )
        .map_err(|source| StoreError::Decode {
            position: format!("{id} no. {}", self.sequence),
            source,
        })
    }
}

impl Writer {
    /// Loads streams, in one statement however many they are: an action on thirty pupils would
    /// otherwise wait for thirty answers. A stream without events comes back empty.
    pub async fn load(&mut self, ids: &[StreamId]) -> Result<Vec<Stream>, StoreError> {
        let numbers = (0..).take(ids.len());
        let wanted = Rows::new()
            .integer("stream", numbers)
            .text("aggregate_type", ids.iter().map(|id| id.aggregate_type))
            .text("aggregate_id", ids.iter().map(|id| &id.aggregate_id));
        // `CROSS JOIN` keeps SQLite from going through all events.
        let sql = "SELECT rows.stream, e.sequence, e.event_type, e.event_version, \
                          CAST(e.payload AS text) AS payload \
                   FROM {rows} CROSS JOIN events e \
                   WHERE e.aggregate_type = rows.aggregate_type \
                     AND e.aggregate_id = rows.aggregate_id \
                   ORDER BY rows.stream, e.sequence";
        let rows: Vec<LoadedRow> = self.conn().read(sql, wanted).await?;
        let mut streams = vec![Stream::default(); ids.len()];
        for row in rows {
            let index = usize::try_from(row.stream).unwrap_or(usize::MAX);
            let (Some(id), Some(stream)) = (ids.get(index), streams.get_mut(index)) else {
                continue;
            };
            if u64::try_from(row.sequence) != Ok(stream.version + 1) {
                return Err(out_of_turn(id, &row.sequence, stream));
            }
            stream.events.push(row.event(id)?);
            stream.version += 1;
        }
        Ok(streams)
    }

    /// The streams in an establishment that have begun and not ended, as the log says.
    pub async fn alive(
        &mut self,
        lifespan: &Lifespan,
        establishment: &Uai,
    ) -> Result<Vec<StreamId>, StoreError> {
        let (sql, uai) = (lifespan.alive(), establishment.as_str());
        let ids = fetch_all!(&mut self.conn(), (String,), &sql, uai)?;
        let aggregate_type = lifespan.aggregate_type;
        let stream = |(aggregate_id,)| StreamId {
            aggregate_type,
            aggregate_id,
        };
        Ok(ids.into_iter().map(stream).collect())
    }

    /// The streams with events in these establishments since the `last` event of some type (the aggregate's,
    /// then the event's) of the establishment's own stream, which is left out. What it costs does not grow
    /// with what happened before.
    ///
    /// A stream comes with the events since then, of which the first may not be its own first; a stream
    /// that went from one of the establishments to another comes with those of both.
    pub async fn load_since(
        &mut self,
        establishments: &[Uai],
        last: (&'static str, &'static str),
    ) -> Result<Streams, StoreError> {
        streams(&match self.conn() {
            Conn::Postgres(connection) => {
                postgres::read_since(connection, establishments, last).await?
            }
            Conn::Sqlite(connection) => {
                sqlite::read_since(connection, establishments, last).await?
            }
        })
    }
}

impl Conn<'_> {
    /// What happened in one establishment up to an instant, that one included; of it only the events for
    /// which `condition` holds, SQL over their columns.
    pub async fn read_establishment(
        &mut self,
        establishment: &Uai,
        until: DateTime<Utc>,
        condition: &'static str,
    ) -> Result<Streams, StoreError> {
        streams(&[match self {
            Self::Postgres(connection) => {
                postgres::read_establishment(connection, establishment, until, condition).await?
            }
            Self::Sqlite(connection) => {
                sqlite::read_establishment(connection, establishment, until, condition).await?
            }
        }])
    }
}

/// The streams that these events belong to.
fn streams(pages: &[LogPage]) -> Result<Streams, StoreError> {
    let mut read: HashMap<StreamId, Vec<(u64, Event)>> = HashMap::new();
    for page in pages {
        for raw in page.events() {
            let raw = raw?;
            let event = raw.event()?;
            let id = StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: raw.aggregate_id.to_owned(),
            };
            read.entry(id).or_default().push((raw.sequence()?, event));
        }
    }
    read.into_iter().map(in_order).collect()
}

/// A stream out of what was read of it. One that went from one of the establishments to another, and
/// perhaps back, is found under each, in the order of neither.
fn in_order(
    (id, mut events): (StreamId, Vec<(u64, Event)>),
) -> Result<(StreamId, Stream), StoreError> {
    events.sort_unstable_by_key(|(sequence, _)| *sequence);
    let mut stream = Stream::default();
    for (sequence, event) in events {
        if sequence <= stream.version {
            return Err(out_of_turn(&id, &sequence, &stream));
        }
        stream.version = sequence;
        stream.events.push(event);
    }
    Ok((id, stream))
}

fn out_of_turn(id: &StreamId, sequence: &dyn Display, stream: &Stream) -> StoreError {
    StoreError::Damaged {
        stream: id.to_string(),
        detail: format!("event {sequence} follows {}", stream.version),
    }
}
