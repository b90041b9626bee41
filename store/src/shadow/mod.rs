//! Tables of read models filled beside the live ones: to compare those with what the log says, or to
//! put others in their place.

mod postgres;
mod sqlite;

use std::fs::File;

use sqlx::{ConnectOptions as _, PgConnection, SqliteConnection};

use crate::{
    Change, Checkpoint, Clock, Conn, Engine, EventRecord, Excerpt, LogPage, Projection, Store,
    StoreError, Tx, append::changes,
};

/// What the name of a copy begins with, on the connection that alone sees it.
const REPLAYED: &str = "replayed_";

/// What the name of a copy begins with that holds what the live table held.
const STOOD: &str = "stood_";

/// What the name of every table begins with that is to take the place of a live one.
const REBUILT: &str = "rebuilt_";

/// Empty copies of the tables of read models, to be filled from the log. Nobody else sees them, and they
/// go with their connection, however it ends.
///
/// They refuse nothing that the tables refuse by a rule over a set: a log that takes a name a moment
/// before it frees it, and then is in order, can be read.
pub struct Replica {
    link: Link,
    /// What sees the instant that the copies are compared with, where `link` does not.
    frozen: Option<Link>,
    /// The right to rebuild, where it does not go with `link`.
    claim: Option<File>,
    tables: Vec<&'static str>,
}

/// A connection of its own, outside the pools.
enum Link {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Reads the log in order, page after page.
pub struct LogReader {
    source: Source,
    checkpoint: Checkpoint,
}

enum Source {
    /// What is settled, as it comes.
    Live(Store),
    /// What there was at one instant: all that the connection sees, up to this position.
    Frozen(Link, i64),
}

/// Filled tables that can take the place of the live ones of the same read models.
pub struct Shadow {
    prefix: String,
    tables: Vec<&'static str>,
}

/// How one table differs from what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDifference {
    /// Which.
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
    ///
    /// # Errors
    ///
    /// The first name that no projection has.
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

    /// Reads the log from its beginning, what is settled.
    #[must_use]
    pub fn log_reader(&self) -> LogReader {
        LogReader {
            source: Source::Live(self.clone()),
            checkpoint: Checkpoint::default(),
        }
    }

    /// Empty copies of these tables, for the one rebuild that there can be at a time: until they go, there
    /// are none for another.
    ///
    /// # Errors
    ///
    /// [`StoreError::RebuildUnderWay`], and the database's.
    pub async fn replica(&self, tables: Vec<&'static str>) -> Result<Replica, StoreError> {
        let mut link = self.link().await?;
        let (free, claim) = match (&mut link, &self.engine) {
            (Link::Postgres(connection), _) => (postgres::claim(connection).await?, None),
            (Link::Sqlite(connection), Engine::Sqlite { write, .. }) => {
                sqlite::hold_up_least(connection).await?;
                let claim = sqlite::claim(write.connect_options().get_filename())?;
                (claim.is_some(), claim)
            }
            (Link::Sqlite(_), Engine::Postgres(_)) => return Err(StoreError::Url),
        };
        if !free {
            return Err(StoreError::RebuildUnderWay);
        }
        let mut replica = Replica {
            link,
            frozen: None,
            claim,
            tables,
        };
        replica.create().await?;
        Ok(replica)
    }

    /// The same as of one instant, for whoever compares them with the live tables, with the log of that
    /// instant.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn frozen_replica(
        &self,
        tables: Vec<&'static str>,
    ) -> Result<(Replica, LogReader), StoreError> {
        let mut replica = Replica {
            link: self.link().await?,
            frozen: None,
            claim: None,
            tables,
        };
        let mut reader = self.link().await?;
        let until = match (&mut replica.link, &mut reader) {
            // What fills the copies gets numbers that the readers of the log wait for: short
            // transactions of their own, on another connection than the long one that looks.
            (Link::Postgres(_), Link::Postgres(other)) => {
                let mut frozen = self.link().await?;
                if let Link::Postgres(one) = &mut frozen {
                    postgres::freeze(one, other).await?;
                }
                replica.frozen = Some(frozen);
                i64::MAX
            }
            (Link::Sqlite(one), _) => sqlite::freeze(one).await?,
            (Link::Postgres(_), Link::Sqlite(_)) => return Err(StoreError::Url),
        };
        replica.create().await?;
        let reader = LogReader {
            source: Source::Frozen(reader, until),
            checkpoint: Checkpoint::default(),
        };
        Ok((replica, reader))
    }

    async fn link(&self) -> Result<Link, StoreError> {
        Ok(match &self.engine {
            Engine::Postgres(pool) => Link::Postgres(pool.connect_options().connect().await?),
            Engine::Sqlite { write, .. } => Link::Sqlite(write.connect_options().connect().await?),
        })
    }
}

impl Link {
    fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(connection) => Conn::Postgres(connection),
            Self::Sqlite(connection) => Conn::Sqlite(connection),
        }
    }
}

impl LogReader {
    /// The next events, at most `limit`; none at the end.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] when the connection breaks: that never looks like the end.
    pub async fn next_page(&mut self, limit: u32) -> Result<LogPage, StoreError> {
        let page = match &mut self.source {
            Source::Live(store) => store.read_page(self.checkpoint, limit).await?,
            Source::Frozen(link, until) => {
                let page = link.conn().read_page(self.checkpoint, limit).await?;
                page.up_to(*until)?
            }
        };
        self.checkpoint = page.end()?.unwrap_or(self.checkpoint);
        Ok(page)
    }

    /// Where it stands.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }
}

impl Replica {
    async fn create(&mut self) -> Result<(), StoreError> {
        match &mut self.link {
            Link::Postgres(connection) => postgres::create_copies(connection, &self.tables).await,
            Link::Sqlite(connection) => sqlite::create_copies(connection, &self.tables).await,
        }
    }

    /// A connection that sees the live tables as they are compared with the copies.
    pub fn conn(&mut self) -> Conn<'_> {
        self.frozen.as_mut().unwrap_or(&mut self.link).conn()
    }

    /// Removes what rebuilds left, in pieces: others write between two.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn remove_leftovers(&mut self) -> Result<(), StoreError> {
        let sql = match &self.link {
            Link::Postgres(_) => postgres::TABLES_LIKE,
            Link::Sqlite(_) => sqlite::TABLES_LIKE,
        };
        let pattern = format!("{REBUILT}%");
        let left = crate::fetch_all!(&mut self.link.conn(), (String,), sql, &pattern)?;
        for (table,) in left {
            match &mut self.link {
                Link::Postgres(connection) => postgres::drop_table(connection, &table).await?,
                Link::Sqlite(connection) => sqlite::drop_table(connection, &table).await?,
            }
        }
        Ok(())
    }

    /// Removes what this rebuild left, and lets the next one begin at once: PostgreSQL takes a moment to see
    /// that a connection is gone.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn end(mut self) -> Result<(), StoreError> {
        self.remove_leftovers().await?;
        match &mut self.link {
            Link::Postgres(connection) => postgres::give_back_claim(connection).await,
            Link::Sqlite(_) => Ok(()),
        }
    }

    /// Makes these changes to the copies, all or none.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn change(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        match (&mut self.link, &self.claim) {
            // Without a claim, it looks at one instant: it is in a transaction already.
            (Link::Sqlite(connection), Some(_)) => {
                sqlite::change(connection, changes, REPLAYED).await
            }
            (link, _) => link.conn().change(changes, REPLAYED).await,
        }
    }

    /// What each table holds that its copy does not, and the other way round; of either it shows at most
    /// `most` rows.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn differences(&mut self, most: u32) -> Result<Vec<TableDifference>, StoreError> {
        let mut differences = Vec::new();
        for &table in &self.tables {
            let copy = format!("{REPLAYED}{table}");
            let (count, unfounded, missing) = match (&mut self.link, &mut self.frozen) {
                (Link::Postgres(connection), Some(Link::Postgres(frozen))) => {
                    let stood = format!("{STOOD}{table}");
                    postgres::copy(frozen, connection, table, &stood).await?;
                    (
                        postgres::count(connection, &stood).await?,
                        postgres::except(connection, &stood, &copy, most).await?,
                        postgres::except(connection, &copy, &stood, most).await?,
                    )
                }
                (Link::Postgres(connection), _) => (
                    postgres::count(connection, table).await?,
                    postgres::except(connection, table, &copy, most).await?,
                    postgres::except(connection, &copy, table, most).await?,
                ),
                (Link::Sqlite(connection), _) => (
                    sqlite::count(connection, table).await?,
                    sqlite::except(connection, table, &copy, most).await?,
                    sqlite::except(connection, &copy, table, most).await?,
                ),
            };
            differences.push(TableDifference {
                table,
                rows: u64::try_from(count).unwrap_or_default(),
                unfounded: Excerpt::of(unfounded),
                missing: Excerpt::of(missing),
            });
        }
        Ok(differences)
    }

    /// Copies what was filled into tables that everybody could see, without holding up who writes.
    ///
    /// # Errors
    ///
    /// The database's; what was copied already goes with
    /// [`Replica::remove_leftovers`].
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
            match &mut self.link {
                Link::Postgres(connection) => {
                    postgres::publish(connection, table, &copy, &new, &shadow.prefix).await?;
                }
                Link::Sqlite(connection) => {
                    sqlite::publish(connection, table, &copy, &new, &shadow.prefix).await?;
                }
            }
        }
        Ok(shadow)
    }
}

impl Shadow {
    fn name(&self, table: &str) -> String {
        format!("{}{table}", self.prefix)
    }

    /// The tables it stands beside.
    #[must_use]
    pub fn tables(&self) -> &[&'static str] {
        &self.tables
    }

    /// Makes these changes to its tables.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn change(
        &self,
        conn: &mut Conn<'_>,
        changes: Vec<Change>,
    ) -> Result<(), StoreError> {
        conn.change(changes, &self.prefix).await
    }

    /// Keeps everybody else from changing the live tables until the end of the transaction. Every event
    /// that concerns them is then either committed or still to change them. Gives up soon, and says so, when others
    /// do not let go of them: whoever waits behind it must not wait for long.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn lock(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        match tx {
            Tx::Postgres(tx) => postgres::lock(tx, &self.tables).await,
            // It holds the only write lock since it began.
            Tx::Sqlite(_) => Ok(true),
        }
    }

    /// Puts its tables in the place of the live ones, with indexes of the same names. What stood there may
    /// stay, for [`Replica::remove_leftovers`].
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn take_over(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for table in &self.tables {
            let new = self.name(table);
            match tx {
                Tx::Postgres(tx) => postgres::take_over(tx, table, &new, &self.prefix).await?,
                Tx::Sqlite(tx) => sqlite::take_over(tx, table, &new, &self.prefix).await?,
            }
        }
        if let Tx::Sqlite(tx) = tx {
            sqlite::reload_schema(tx).await?;
        }
        Ok(())
    }
}
