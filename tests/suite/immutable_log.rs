//! The database itself keeps the log as it is.

use acceptance::{
    engine::Engine,
    on_both_engines, replay,
    world::{Size, World},
};
use anyhow::ensure;
use store::{Conn, Tx};

on_both_engines!(events_can_only_be_added);

/// The history is worth something only if nobody can rewrite it, not even by a mistake in a migration
/// or at the database's own prompt. Each of these must be refused, and leave the log as it was.
async fn events_can_only_be_added(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world
        .school(Size {
            classes: 1,
            ..Size::default()
        })
        .await?;
    let before = replay::rows(&mut world.store().reader().await?.conn(), "events").await?;

    let everywhere = [
        "UPDATE events SET payload = '{}'",
        "UPDATE events SET position = position + 1000 WHERE sequence = 1",
        "UPDATE events SET recorded_at = recorded_at WHERE sequence = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE sequence = 1",
        "INSERT INTO events SELECT * FROM events WHERE sequence = 1 AND aggregate_type = 'class'",
    ];
    let on_this_engine: &[&str] = match engine {
        Engine::Postgres => &[
            "TRUNCATE events",
            "TRUNCATE events CASCADE",
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
                 event_version, payload, metadata, recorded_at, establishment, digest) \
             SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, '{}', \
                 metadata, recorded_at, establishment, digest FROM events LIMIT 1 \
             ON CONFLICT ON CONSTRAINT events_pkey DO UPDATE SET payload = '{}'",
        ],
        Engine::Sqlite => &[
            "INSERT OR REPLACE INTO events SELECT * FROM events LIMIT 1",
            "REPLACE INTO events (position, aggregate_type, aggregate_id, sequence, event_type, \
                 event_version, payload, metadata, recorded_at, establishment, digest) \
             SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
                 '{}', metadata, recorded_at, establishment, digest FROM events LIMIT 1",
            "UPDATE OR REPLACE events SET sequence = 1",
        ],
    };
    for sql in everywhere.iter().chain(on_this_engine) {
        let mut transaction = world.store().begin().await?;
        let done = execute(&mut transaction, sql).await;
        ensure!(done.is_err(), "the database let this happen: {sql}");
        drop(transaction);
    }

    let after = replay::rows(&mut world.store().reader().await?.conn(), "events").await?;
    ensure!(before == after);
    Ok(())
}

async fn execute(transaction: &mut Tx<'_>, sql: &str) -> Result<(), sqlx::Error> {
    match transaction.conn() {
        Conn::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
        Conn::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
    }
}
