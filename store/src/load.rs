//! Loading streams.

use std::{collections::HashMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use domain::{event::Event, values::Uai};

use crate::{
    Conn, Engine, LogPage, StoreError, Tx, Writer, fetch_all, log::PageRows, postgres, sqlite,
    writer::Connection,
};

/// The name of a stream: an aggregate's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// The aggregate's `TYPE`.
    pub aggregate_type: &'static str,
    /// The aggregate's id: a UAI or a UUID.
    pub aggregate_id: String,
}

impl StreamId {
    /// The stream of the aggregate `A` with this id.
    pub fn of<A: cqrs_es::Aggregate>(id: &impl ToString) -> Self {
        Self {
            aggregate_type: A::TYPE,
            aggregate_id: id.to_string(),
        }
    }

    /// The aggregate's id, as what it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when it is no such id.
    pub fn id<T: FromStr<Err: fmt::Display>>(&self) -> Result<T, StoreError> {
        self.aggregate_id
            .parse()
            .map_err(|error| StoreError::Damaged {
                stream: self.to_string(),
                detail: format!("{error}"),
            })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// A stream as it stood when it was loaded.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The number of its last event, 0 when there is none yet.
    pub version: u64,
    /// Its events, in order: all of them, or those that its present state follows from.
    pub events: Vec<Event>,
}

/// One row of a loaded stream: which of the asked streams, then the event.
#[derive(sqlx::FromRow)]
pub(crate) struct LoadedRow {
    stream: i64,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
}

impl Writer {
    /// Loads streams, in one statement however many they are: an action on thirty pupils would
    /// otherwise wait for thirty answers. A stream without events comes back empty.
    ///
    /// # Errors
    ///
    /// [`StoreError::Decode`] and [`StoreError::Damaged`] when the log holds what it should not.
    pub async fn load(&mut self, ids: &[StreamId]) -> Result<Vec<Stream>, StoreError> {
        let rows = match &mut self.connection {
            Connection::Shared(Engine::Postgres(connection)) => {
                postgres::load(connection, ids).await?
            }
            Connection::Shared(Engine::Sqlite(pools)) => sqlite::load(&pools.read, ids).await?,
            Connection::Alone(Tx::Postgres(tx)) => postgres::load(tx, ids).await?,
            Connection::Alone(Tx::Sqlite(tx)) => sqlite::load(&mut **tx, ids).await?,
        };
        let mut streams = vec![Stream::default(); ids.len()];
        for row in rows {
            let index = usize::try_from(row.stream).unwrap_or(usize::MAX);
            let (Some(id), Some(stream)) = (ids.get(index), streams.get_mut(index)) else {
                continue;
            };
            if u64::try_from(row.sequence) != Ok(stream.version + 1) {
                return Err(StoreError::Damaged {
                    stream: id.to_string(),
                    detail: format!("event {} follows {}", row.sequence, stream.version),
                });
            }
            stream.events.push(decode(id, &row)?);
            stream.version += 1;
        }
        Ok(streams)
    }

    /// The ids of the streams in an establishment that have begun and not ended, as the log says.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn alive(
        &mut self,
        lifespan: &Lifespan,
        establishment: &Uai,
    ) -> Result<Vec<String>, StoreError> {
        let (sql, uai) = (lifespan.alive(), establishment.as_str());
        let ids: Vec<(String,)> = match &mut self.connection {
            Connection::Shared(Engine::Postgres(connection)) => {
                let query = sqlx::query_as(&sql).bind(uai);
                query.fetch_all(&mut **connection).await?
            }
            Connection::Shared(Engine::Sqlite(pools)) => {
                let query = sqlx::query_as(&sql).bind(uai);
                query.fetch_all(&pools.read).await?
            }
            Connection::Alone(tx) => fetch_all!(&mut tx.conn(), (String,), &sql, uai)?,
        };
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }
}

/// Which events begin and end a stream: one begins it, and one at most ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifespan {
    /// The aggregate's `TYPE`.
    pub aggregate_type: &'static str,
    /// The type of the event that begins it.
    pub begins: &'static str,
    /// The types of the events that end it.
    pub ends: &'static [&'static str],
}

impl Lifespan {
    fn alive(&self) -> String {
        format!(
            "SELECT aggregate_id FROM events begun \
             WHERE establishment = $1 AND aggregate_type = '{aggregate_type}' \
               AND event_type = '{begins}' \
               AND NOT EXISTS (SELECT 1 FROM events ended \
                               WHERE ended.aggregate_type = '{aggregate_type}' \
                                 AND ended.aggregate_id = begun.aggregate_id \
                                 AND ended.event_type IN ('{ends}'))",
            aggregate_type = self.aggregate_type,
            begins = self.begins,
            ends = self.ends.join("', '"),
        )
    }
}

/// Streams, by the name that the log knows them under.
pub type Streams = HashMap<StreamId, Stream>;

impl Writer {
    /// The streams with events in these establishments since the `last` event of some type (the aggregate's,
    /// then the event's) of the establishment's own stream, which is left out. What it costs does not grow
    /// with what happened before.
    ///
    /// A stream comes with the events since then, of which the first may not be its own first; a stream
    /// that went from one of the establishments to another comes with those of both.
    ///
    /// # Errors
    ///
    /// As [`Writer::load`].
    pub async fn load_since(
        &mut self,
        establishments: &[Uai],
        last: (&'static str, &'static str),
    ) -> Result<Streams, StoreError> {
        let pages = match &mut self.connection {
            Connection::Shared(Engine::Postgres(connection)) => {
                postgres::read_since(connection, establishments, last).await?
            }
            Connection::Shared(Engine::Sqlite(pools)) => {
                let mut connection = pools.read.acquire().await?;
                sqlite::read_since(&mut connection, establishments, last).await?
            }
            Connection::Alone(Tx::Postgres(tx)) => {
                postgres::read_since(tx, establishments, last).await?
            }
            Connection::Alone(Tx::Sqlite(tx)) => {
                sqlite::read_since(tx, establishments, last).await?
            }
        };
        streams(&pages)
    }
}

impl Conn<'_> {
    /// What happened in one establishment up to an instant, that one included; of it only the events for
    /// which `condition` holds, SQL over their columns.
    ///
    /// # Errors
    ///
    /// As [`Writer::load`].
    pub async fn read_establishment(
        &mut self,
        establishment: &Uai,
        until: DateTime<Utc>,
        condition: &'static str,
    ) -> Result<Streams, StoreError> {
        let page = LogPage(match self {
            Self::Postgres(connection) => PageRows::Postgres(
                postgres::read_establishment(connection, establishment, until, condition).await?,
            ),
            Self::Sqlite(connection) => PageRows::Sqlite(
                sqlite::read_establishment(connection, establishment, until, condition).await?,
            ),
        });
        streams(&[page])
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
            return Err(StoreError::Damaged {
                stream: id.to_string(),
                detail: format!("event {sequence} follows {}", stream.version),
            });
        }
        stream.version = sequence;
        stream.events.push(event);
    }
    Ok((id, stream))
}

fn decode(id: &StreamId, row: &LoadedRow) -> Result<Event, StoreError> {
    Event::decode(
        id.aggregate_type,
        &row.event_type,
        &row.event_version,
        &row.payload,
    )
    .map_err(|source| StoreError::Decode {
        position: format!("{id} no. {}", row.sequence),
        source,
    })
}
