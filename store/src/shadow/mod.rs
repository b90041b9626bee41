//! Tables of read models filled beside the live ones: to compare those with what the log says, or to
//! put others in their place.

/// Runs a statement that names tables, written as for `format!`.
macro_rules! run {
    ($connection:expr, $($sql:tt)+) => {
        $connection.execute(format!($($sql)+).as_str()).await
    };
}

mod postgres;
mod reader;
mod sqlite;
mod swap;

pub use reader::LogReader;
pub use swap::Shadow;

use self::swap::REBUILT;
use crate::{
    Change, Clock, Conn, Engine, EventRecord, Excerpt, Projection, Store, StoreError,
    action::changes,
    engine::{Link, Pools},
    fetch_all, fetch_optional,
};

/// What the name of a copy begins with, on the connection that alone sees it.
const REPLAYED: &str = "replayed_";

/// Empty copies of the tables of read models, to be filled from the log. Nobody else sees them, and they
/// go with their connection, however it ends.
///
/// They refuse nothing that the tables refuse by a rule over a set: a log that takes a name a moment
/// before it frees it, and then is in order, can be read.
pub struct Replica {
    copies: Engine<postgres::Copies, sqlite::Copies>,
    tables: Vec<&'static str>,
}

/// How one table differs from what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDifference {
    pub table: &'static str,
    /// Rows that it has.
    pub rows: u64,
    /// Rows that do not follow from the log, as JSON.
    pub unfounded: Excerpt<String>,
    /// Rows that follow from the log and are not there, as JSON.
    pub missing: Excerpt<String>,
}

impl Store {
    /// The projections of these names; all without any.
    pub fn select<'n>(&self, names: &'n [String]) -> Result<Vec<&dyn Projection>, &'n str> {
        if let Some(unknown) = names.iter().find(|name| {
            !self
                .projections()
                .iter()
                .any(|known| known.name() == **name)
        }) {
            return Err(unknown);
        }
        let all = self.projections().iter().map(AsRef::as_ref);
        Ok(all
            .filter(|known| names.is_empty() || names.iter().any(|name| name == known.name()))
            .collect())
    }

    /// What the log says of these events, on the tables that are in `tables` only.
    #[must_use]
    pub fn changes(&self, tables: &[&'static str], events: &[EventRecord]) -> Vec<Change> {
        let mut changes = changes(self.projections(), events);
        changes.retain(|change| tables.contains(&change.table));
        changes
    }

    /// Empty copies of these tables, for the one rebuild that there can be at a time: until they go, it is
    /// [`StoreError::RebuildUnderWay`] for another.
    pub async fn replica(&self, tables: Vec<&'static str>) -> Result<Replica, StoreError> {
        let copies = match &self.engine {
            Pools::Postgres(pool) => Engine::Postgres(postgres::Copies::claim(pool).await?),
            Pools::Sqlite(pools) => Engine::Sqlite(sqlite::Copies::claim(&pools.write).await?),
        };
        Replica::create(copies, tables).await
    }

    /// The same as of one instant, for whoever compares them with the live tables, with the log of that
    /// instant.
    pub async fn frozen_replica(
        &self,
        tables: Vec<&'static str>,
    ) -> Result<(Replica, LogReader), StoreError> {
        let (copies, link, until) = match &self.engine {
            Pools::Postgres(pool) => {
                let (copies, link) = postgres::Copies::freeze(pool).await?;
                let link = Link::Postgres(Box::new(link));
                (Engine::Postgres(copies), link, i64::MAX)
            }
            Pools::Sqlite(pools) => {
                let (copies, link, until) = sqlite::Copies::freeze(&pools.write).await?;
                (Engine::Sqlite(copies), Link::Sqlite(Box::new(link)), until)
            }
        };
        let replica = Replica::create(copies, tables).await?;
        Ok((replica, LogReader::frozen(link, until)))
    }
}

impl Replica {
    async fn create(
        mut copies: Engine<postgres::Copies, sqlite::Copies>,
        tables: Vec<&'static str>,
    ) -> Result<Self, StoreError> {
        match &mut copies {
            Engine::Postgres(copies) => copies.create(&tables).await?,
            Engine::Sqlite(copies) => copies.create(&tables).await?,
        }
        Ok(Self { copies, tables })
    }

    /// A connection that sees the live tables as they are compared with the copies.
    pub fn conn(&mut self) -> Conn<'_> {
        match &mut self.copies {
            Engine::Postgres(copies) => Conn::Postgres(copies.seeing_live_tables()),
            Engine::Sqlite(copies) => Conn::Sqlite(&mut copies.connection),
        }
    }

    /// The connection that sees the copies.
    fn filled(&mut self) -> Conn<'_> {
        match &mut self.copies {
            Engine::Postgres(copies) => Conn::Postgres(&mut copies.connection),
            Engine::Sqlite(copies) => Conn::Sqlite(&mut copies.connection),
        }
    }

    /// Removes what rebuilds left, in pieces: others write between two.
    pub async fn remove_leftovers(&mut self) -> Result<(), StoreError> {
        let pattern = format!("{REBUILT}%");
        match &mut self.copies {
            Engine::Postgres(copies) => copies.drop_tables_like(&pattern).await,
            Engine::Sqlite(copies) => copies.drop_tables_like(&pattern).await,
        }
    }

    /// Removes what this rebuild left, and lets the next one begin at once: PostgreSQL takes a moment to see
    /// that a connection is gone.
    pub async fn end(mut self) -> Result<(), StoreError> {
        self.remove_leftovers().await?;
        match &mut self.copies {
            Engine::Postgres(copies) => copies.give_back_claim().await,
            Engine::Sqlite(_) => Ok(()),
        }
    }

    /// Makes these changes to the copies, all or none.
    pub async fn change(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        match &mut self.copies {
            Engine::Postgres(_) => self.filled().change(changes, REPLAYED).await,
            Engine::Sqlite(copies) => copies.change(changes).await,
        }
    }

    /// What each table holds that its copy does not, and the other way round; of either it shows at most
    /// `most` rows.
    pub async fn differences(&mut self, most: u32) -> Result<Vec<TableDifference>, StoreError> {
        let mut differences = Vec::new();
        for table in self.tables.clone() {
            let copy = format!("{REPLAYED}{table}");
            let stood = match &mut self.copies {
                Engine::Postgres(copies) => copies.stood(table).await?,
                Engine::Sqlite(_) => table.to_owned(),
            };
            let mut conn = self.filled();
            differences.push(TableDifference {
                table,
                rows: count(&mut conn, &stood).await?,
                unfounded: except(&mut conn, &stood, &copy, most).await?,
                missing: except(&mut conn, &copy, &stood, most).await?,
            });
        }
        Ok(differences)
    }

    /// Copies what was filled into tables that everybody could see, without holding up who writes. What was
    /// copied at an error goes with [`Replica::remove_leftovers`].
    pub async fn publish(&mut self, clock: &dyn Clock) -> Result<Shadow, StoreError> {
        let mut fresh = [0; 4];
        clock.random(&mut fresh);
        // A name of its own: what a rebuild left whose connection broke is never taken for this one's.
        let shadow = Shadow {
            prefix: format!("{REBUILT}{}_", hex::encode(fresh)),
            tables: self.tables.clone(),
        };
        for table in &self.tables {
            let (copy, new) = (format!("{REPLAYED}{table}"), shadow.name(table));
            let prefix = &shadow.prefix;
            match &mut self.copies {
                Engine::Postgres(copies) => copies.publish(table, &copy, &new, prefix).await?,
                Engine::Sqlite(copies) => copies.publish(table, &copy, &new, prefix).await?,
            }
        }
        Ok(shadow)
    }
}

async fn count(conn: &mut Conn<'_>, table: &str) -> Result<u64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let count = fetch_optional!(conn, (i64,), &sql)?;
    Ok(count.map_or(0, |(count,)| u64::try_from(count).unwrap_or_default()))
}

/// The rows of one table that the other has not, as JSON.
async fn except(
    conn: &mut Conn<'_>,
    one: &str,
    other: &str,
    most: u32,
) -> Result<Excerpt<String>, StoreError> {
    let row = match conn {
        Conn::Postgres(_) => "row_to_json(d)::text".to_owned(),
        Conn::Sqlite(connection) => sqlite::row_to_json(connection, one).await?,
    };
    let sql = format!(
        "SELECT COUNT(*) OVER (), {row} FROM (SELECT * FROM {one} EXCEPT SELECT * FROM {other}) d \
         LIMIT {most}"
    );
    Ok(Excerpt::of(fetch_all!(conn, (i64, String), &sql)?))
}
