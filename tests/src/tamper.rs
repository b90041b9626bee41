//! What somebody who owns the database can do to the log and to its seals.

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use store::{Checkpoint, Conn, Store, seals::EventDigest};

/// A way to tamper.
#[derive(Clone, Copy, Debug)]
pub enum Tampering {
    /// Replaces a text in what the event at a position says.
    Payload {
        /// Where.
        position: i64,
        /// What stands there.
        from: &'static str,
        /// What is to stand there.
        to: &'static str,
    },
    /// Puts an event down to somebody else, who does not exist.
    Actor {
        /// Where.
        position: i64,
    },
    /// Dates an event back.
    Date {
        /// Where.
        position: i64,
    },
    /// Dates an event at no instant that there is.
    NoDate {
        /// Where.
        position: i64,
    },
    /// On SQLite, which keeps an instant as text: writes the same one in another way.
    DateInOtherWords {
        /// Where.
        position: i64,
    },
    /// On SQLite, which takes any bytes for text: writes some that are none.
    NoText {
        /// Where.
        position: i64,
    },
    /// Gives a column of an event another value.
    Column {
        /// Where.
        position: i64,
        /// Which column.
        column: &'static str,
        /// What is to stand there, in SQL.
        value: &'static str,
    },
    /// Removes an event.
    Remove {
        /// Where.
        position: i64,
    },
    /// Inserts an event after this one: the same once more, as the next of its stream.
    Insert {
        /// Where.
        position: i64,
    },
    /// Exchanges the places of two events.
    Swap {
        /// The one.
        one: i64,
        /// The other.
        other: i64,
    },
    /// Gives a seal another hash.
    Seal {
        /// Which.
        number: i64,
    },
    /// Removes a seal.
    RemoveSeal {
        /// Which.
        number: i64,
    },
}

/// What protects events and seals, on either engine.
const TRIGGERS: [(&str, &str); 8] = [
    ("events", "events_are_forever"),
    ("events", "events_are_never_changed"),
    ("events", "events_are_never_removed"),
    ("events", "events_are_never_replaced"),
    ("seals", "seals_are_forever"),
    ("seals", "seals_are_never_changed"),
    ("seals", "seals_are_never_removed"),
    ("seals", "seals_are_never_replaced"),
];

impl Tampering {
    /// Does it, straight in the database, and leaves the database without protection.
    pub async fn on(self, store: &Store) -> anyhow::Result<()> {
        let mut tx = store.begin().await?;
        let conn = &mut tx.conn();
        unprotect(conn).await?;
        let changed = match self {
            Self::Payload { position, from, to } => {
                replace(conn, "payload", position, from, to).await?
            }
            Self::Actor { position } => {
                let (from, to) = ("\"actor_id\":\"0", "\"actor_id\":\"f");
                replace(conn, "metadata", position, from, to).await?
            }
            Self::Date { position } => {
                let before: DateTime<Utc> = "2020-01-01T00:00:00.000001Z".parse()?;
                let sql = "UPDATE events SET recorded_at = $1 WHERE position = $2";
                store::execute!(conn, sql, before, position)?
            }
            Self::NoDate { position } => {
                let value = match conn {
                    Conn::Postgres(_) => "'infinity'",
                    Conn::Sqlite(_) => "'x'",
                };
                write(conn, "recorded_at", value, position).await?
            }
            Self::DateInOtherWords { position } => {
                let value = "replace(recorded_at, '+00:00', 'Z')";
                write(conn, "recorded_at", value, position).await?
            }
            Self::NoText { position } => {
                write(conn, "establishment", "CAST(x'39ff' AS TEXT)", position).await?
            }
            Self::Column {
                position,
                column,
                value,
            } => {
                free_positions(conn).await?;
                write(conn, column, value, position).await?
            }
            Self::Remove { position } => {
                let sql = "DELETE FROM events WHERE position = $1";
                store::execute!(conn, sql, position)?
            }
            Self::Insert { position } => insert(conn, position).await?,
            Self::Swap { one, other } => swap(conn, one, other).await?,
            Self::Seal { number } => {
                let sql = "UPDATE seals SET hash = $1 WHERE number = $2";
                store::execute!(conn, sql, "0".repeat(64), number)?
            }
            Self::RemoveSeal { number } => {
                let sql = "DELETE FROM seals WHERE number = $1";
                store::execute!(conn, sql, number)?
            }
        };
        ensure!(changed == 1, "{self:?} changed {changed} rows");
        Ok(tx.commit().await?)
    }
}

/// Makes every digest and every seal anew, as somebody does who changed events and wants nothing to show.
pub async fn make_seals_anew(store: &Store, now: DateTime<Utc>, size: u32) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    let conn = &mut tx.conn();
    unprotect(conn).await?;
    let page = conn.read_page(Checkpoint::default(), u32::MAX).await?;
    for event in page.events() {
        let event = event?;
        let (digest, position) = (EventDigest::of(&event), event.checkpoint.position);
        let sql = "UPDATE events SET digest = $1 WHERE position = $2";
        store::execute!(conn, sql, digest.as_bytes(), position)?;
    }
    store::execute!(conn, "DELETE FROM seals")?;
    tx.commit().await?;
    store.seal_all(now, size).await?;
    Ok(())
}

async fn unprotect(conn: &mut Conn<'_>) -> anyhow::Result<()> {
    for (table, trigger) in TRIGGERS {
        let sql = match conn {
            Conn::Postgres(_) => format!("DROP TRIGGER IF EXISTS {trigger} ON {table}"),
            Conn::Sqlite(_) => format!("DROP TRIGGER IF EXISTS {trigger}"),
        };
        store::execute!(conn, &sql)?;
    }
    Ok(())
}

async fn write(
    conn: &mut Conn<'_>,
    column: &str,
    value: &str,
    position: i64,
) -> anyhow::Result<u64> {
    let sql = format!("UPDATE events SET {column} = {value} WHERE position = $1");
    Ok(store::execute!(conn, &sql, position)?)
}

/// PostgreSQL gives positions itself unless it is told otherwise.
async fn free_positions(conn: &mut Conn<'_>) -> anyhow::Result<()> {
    if let Conn::Postgres(_) = conn {
        let sql = "ALTER TABLE events ALTER position SET GENERATED BY DEFAULT";
        store::execute!(conn, sql)?;
    }
    Ok(())
}

async fn replace(
    conn: &mut Conn<'_>,
    column: &str,
    position: i64,
    from: &str,
    to: &str,
) -> anyhow::Result<u64> {
    let (text, json) = match conn {
        Conn::Postgres(_) => ("::text", "::json"),
        Conn::Sqlite(_) => ("", ""),
    };
    let sql = format!(
        "UPDATE events SET {column} = replace({column}{text}, $1, $2){json} \
         WHERE position = $3 AND {column}{text} LIKE $4"
    );
    Ok(store::execute!(
        conn,
        &sql,
        from,
        to,
        position,
        format!("%{from}%")
    )?)
}

async fn insert(conn: &mut Conn<'_>, position: i64) -> anyhow::Result<u64> {
    let next = "(SELECT MAX(sequence) + 1 FROM events AS stream \
                 WHERE stream.aggregate_type = events.aggregate_type \
                   AND stream.aggregate_id = events.aggregate_id)";
    let columns = "aggregate_type, aggregate_id, event_type, event_version, payload, metadata, \
                   recorded_at, establishment, digest, sequence";
    let values = columns.replace("sequence", next);
    let sql = match conn {
        // In the order of the log: the last of that transaction, whatever its position.
        Conn::Postgres(_) => format!(
            "INSERT INTO events ({columns}, transaction_id) \
             SELECT {values}, transaction_id FROM events WHERE position = $1"
        ),
        Conn::Sqlite(_) => {
            for sql in [
                "UPDATE events SET position = -position - 1 WHERE position > $1",
                "UPDATE events SET position = -position WHERE position < -$1",
            ] {
                store::execute!(conn, sql, position)?;
            }
            format!(
                "INSERT INTO events ({columns}, position) \
                 SELECT {values}, position + 1 FROM events WHERE position = $1"
            )
        }
    };
    Ok(store::execute!(conn, &sql, position)?)
}

async fn swap(conn: &mut Conn<'_>, one: i64, other: i64) -> anyhow::Result<u64> {
    let mut changed = 0;
    if let Conn::Sqlite(_) = conn {
        for (from, to) in [(one, -one), (other, one), (-one, other)] {
            let sql = "UPDATE events SET position = $2 WHERE position = $1";
            changed = store::execute!(conn, sql, from, to)?;
        }
        return Ok(changed);
    }
    free_positions(conn).await?;
    let sql = "SELECT one.transaction_id, other.transaction_id \
               FROM events one, events other WHERE one.position = $1 AND other.position = $2";
    let transactions = store::fetch_optional!(conn, (i64, i64), sql, one, other)?;
    let (first, second) = transactions.context("no such events")?;
    for (from, to, transaction) in [
        (one, -one, first),
        (other, one, first),
        (-one, other, second),
    ] {
        let sql = "UPDATE events SET position = $2, transaction_id = $3 WHERE position = $1";
        changed = store::execute!(conn, sql, from, to, transaction)?;
    }
    Ok(changed)
}
