//! The copies that an engine makes of what it holds.

use acceptance::{
    engine::{Engine, run},
    on_postgres,
    world::World,
};
use anyhow::ensure;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use super::{SIZE, erase_in};

on_postgres!(no_statistics_are_taken_of_personal_data);

/// PostgreSQL keeps samples of what stands in a column, and keeps them when the rows go: an erased name would
/// stay there for ever.
async fn no_statistics_are_taken_of_personal_data(engine: Engine) -> anyhow::Result<()> {
    const TAKEN: &str = "SELECT COUNT(*) FROM pg_stats WHERE schemaname = 'public' \
                         AND attname IN ('first_name', 'last_name', 'birth_date', \
                                         'email', 'email_key', 'password_hash')";
    let world = World::new(engine).await?;
    world.school(SIZE).await?;
    let mut connection = PgConnection::connect(&world.database.url).await?;
    sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    ensure!(world.count(TAKEN).await? == 0);
    let as_elsewhere = "ALTER TABLE people ALTER first_name SET STATISTICS -1, \
                            ALTER last_name SET STATISTICS -1, ALTER birth_date SET STATISTICS -1; \
                        ALTER TABLE accounts ALTER email SET STATISTICS -1, \
                            ALTER email_key SET STATISTICS -1, ALTER password_hash SET STATISTICS -1; \
                        ANALYZE";
    sqlx::raw_sql(as_elsewhere).execute(&mut connection).await?;
    ensure!(world.count(TAKEN).await? == 6, "it sees none");
    connection.close().await?;
    Ok(())
}

/// Somebody's report reads the database for an hour. What is erased meanwhile stays in SQLite's write-ahead
/// log: the operator hears so, and what to do; staff wait for nothing.
async fn a_reader_of_an_older_state_keeps_nobody_waiting(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SIZE).await?;
    let (url, id) = (world.database.url.clone(), school.student.id.to_string());
    let mut report = SqliteConnection::connect(&url).await?;
    sqlx::raw_sql("BEGIN; SELECT * FROM people")
        .execute(&mut report)
        .await?;

    let erase = move || {
        let mail = tempfile::tempdir()?;
        erase_in(&url, &mail, &["--student", &id, "--yes", "--json"])
    };
    let erasing = tokio::task::spawn_blocking(erase.clone());
    let mut staff = SqliteConnection::connect(&world.database.url).await?;
    while !erasing.is_finished() {
        // Gives up after five seconds.
        sqlx::raw_sql("BEGIN IMMEDIATE; COMMIT")
            .execute(&mut staff)
            .await?;
    }
    let undone = erasing.await??.ended(3)?;
    ensure!(undone.err.contains("-wal"), "{undone:#?}");
    let did = undone.json()?;
    ensure!(
        did["erased"] == 1 && did["left"] == 0 && did["files_cleaned"] == false,
        "{did}"
    );

    report.close().await?;
    let done = erase()?.ended(0)?.json()?;
    ensure!(
        done["already_erased"] == 1 && done["files_cleaned"] == true,
        "{done}"
    );
    let wal = world.database.folder.path().join("test.db-wal");
    ensure!(wal.metadata()?.len() == 0);
    Ok(())
}

mod a_reader_of_an_older_state_keeps_nobody_waiting {
    use super::*;

    #[test]
    fn sqlite() -> anyhow::Result<()> {
        run(super::a_reader_of_an_older_state_keeps_nobody_waiting(
            Engine::Sqlite,
        ))
    }
}
