//! What a database must be, and that looking changes nothing.

use std::fs;

use acceptance::{
    command_line,
    engine::{Engine, TestDatabase},
    on_both_engines,
    world::World,
};
use anyhow::ensure;
use sqlx::{Connection as _, PgConnection};

use super::two_schools;

on_both_engines!(
    a_dry_run_leaves_everything_as_it_is,
    an_older_schema_is_not_brought_up_to_date,
    what_is_not_there_is_not_made,
);

/// What a database that nobody has open holds: on SQLite its files, on PostgreSQL every column and every row of
/// every table.
async fn everything(engine: Engine, database: &TestDatabase) -> anyhow::Result<Vec<Vec<u8>>> {
    const COLUMNS: &str = "SELECT COALESCE(string_agg(c::text, ' ' ORDER BY c::text), '') \
                           FROM information_schema.columns c WHERE table_schema = 'public'";
    const TABLES: &str =
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    if engine == Engine::Sqlite {
        let file = database.folder.path().join("test.db");
        let read = |end: &str| fs::read(format!("{}{end}", file.display())).unwrap_or_default();
        return Ok(["", "-wal"].map(read).to_vec());
    }
    let mut connection = PgConnection::connect(&database.url).await?;
    let columns: String = sqlx::query_scalar(COLUMNS)
        .fetch_one(&mut connection)
        .await?;
    let tables: Vec<String> = sqlx::query_scalar(TABLES)
        .fetch_all(&mut connection)
        .await?;
    let mut everything = vec![columns.into_bytes()];
    for table in tables {
        let rows = format!(
            "SELECT COALESCE(string_agg(t::text, ' ' ORDER BY t::text), '') FROM \"{table}\" t"
        );
        let rows: String = sqlx::query_scalar(&rows).fetch_one(&mut connection).await?;
        everything.push(rows.into_bytes());
    }
    connection.close().await?;
    Ok(everything)
}

/// A preview that is run on production in June, out of curiosity, must not be an action.
async fn a_dry_run_leaves_everything_as_it_is(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    two_schools(&world).await?;
    let year = world.next_school_year()?.label();
    let database = world.leave().await;
    let before = everything(engine, &database).await?;
    let args = ["reset", "--school-year", &year, "--dry-run"];
    let shown = command_line::run(&database.url, &args)?.ended(0)?;
    ensure!(shown.out.contains("2 établissements"), "{shown:#?}");
    ensure!(everything(engine, &database).await? == before);
    Ok(())
}

/// The preview of a newer program would otherwise upgrade a database under servers that are older than it.
async fn an_older_schema_is_not_brought_up_to_date(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    two_schools(&world).await?;
    world.age_schema().await?;
    let year = world.next_school_year()?.label();
    let database = world.leave().await;
    let before = everything(engine, &database).await?;
    for way in ["--dry-run", "--yes"] {
        let args = ["reset", "--school-year", &year, way];
        let refused = command_line::run(&database.url, &args)?.ended(1)?;
        ensure!(
            refused.err.contains("plus ancien") && refused.err.contains("monstage migrate"),
            "{refused:#?}"
        );
    }
    ensure!(everything(engine, &database).await? == before);
    Ok(())
}

/// An address with a slip of the hand in it: "rien à faire" would be taken for an answer about the right one.
async fn what_is_not_there_is_not_made(engine: Engine) -> anyhow::Result<()> {
    let database = TestDatabase::new(engine).await?;
    let url = match engine {
        Engine::Sqlite => database.url.replace("test.db", "missing/test.db"),
        Engine::Postgres => database.url.clone(),
    };
    let before = everything(engine, &database).await?;
    for way in ["--dry-run", "--yes"] {
        let args = ["reset", "--school-year", "2026", way];
        let refused = command_line::run(&url, &args)?.ended(1)?;
        let says = match engine {
            Engine::Sqlite => "DATABASE_URL",
            Engine::Postgres => "monstage migrate",
        };
        ensure!(
            refused.out.is_empty() && refused.err.contains(says),
            "{refused:#?}"
        );
    }
    ensure!(everything(engine, &database).await? == before);
    ensure!(fs::read_dir(database.folder.path())?.next().is_none());
    Ok(())
}
