//! The copies that an engine makes of what it holds.

use acceptance::{engine::Engine, on_postgres, world::World};
use anyhow::ensure;
use sqlx::{Connection as _, PgConnection};

use super::SIZE;

on_postgres!(statistics_taken_before_there_were_none_are_removed);

/// A database that was there before has statistics of names, and PostgreSQL keeps them for ever: it takes no
/// new ones of those columns.
async fn statistics_taken_before_there_were_none_are_removed(engine: Engine) -> anyhow::Result<()> {
    const TAKEN: &str = "SELECT COUNT(*) FROM pg_stats WHERE schemaname = 'public' \
                         AND attname IN ('first_name', 'last_name', 'birth_date', 'sort_key', \
                                         'email', 'email_key', 'password_hash')";
    let world = World::new(engine).await?;
    world.school(SIZE).await?;
    let mut connection = PgConnection::connect(&world.database.url).await?;
    let as_before = "ALTER TABLE people ALTER first_name SET STATISTICS -1, \
                         ALTER last_name SET STATISTICS -1, ALTER birth_date SET STATISTICS -1, \
                         ALTER sort_key SET STATISTICS -1; \
                     ALTER TABLE accounts ALTER email SET STATISTICS -1, \
                         ALTER email_key SET STATISTICS -1, ALTER password_hash SET STATISTICS -1; \
                     ANALYZE";
    sqlx::raw_sql(as_before).execute(&mut connection).await?;
    ensure!(world.count(TAKEN).await? == 7);
    let migration = include_str!("../../../migrations/postgres/0011_no_statistics.sql");
    sqlx::raw_sql(migration).execute(&mut connection).await?;
    sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    ensure!(world.count(TAKEN).await? == 0);
    connection.close().await?;
    Ok(())
}
