//! The commands of an operator, run as they run them.

use std::{fs, path::Path, thread::ScopedJoinHandle};

use acceptance::{
    command_line::{self, Outcome},
    engine::{Engine, TestDatabase},
    on_both_engines,
    server::Server,
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use serde_json::json;

on_both_engines!(
    migrate_brings_the_schema_up_to_date_once,
    an_administrator_is_created_and_signs_in,
    projections_status_shows_where_read_models_stand,
    what_is_not_there_is_not_made,
    an_older_schema_is_left_alone,
);

/// The commands that look at a database, or work on what is in it.
const ON_WHAT_IS_THERE: [&[&str]; 8] = [
    &["audit", "log"],
    &["audit", "as-of", "2026-11-26", "--uai", "9990021U"],
    &["audit", "verify"],
    &["audit", "seals"],
    &["audit", "seals", "export", "-"],
    &["projections", "status"],
    &["projections", "rebuild"],
    &["erase", "--released-before", "2020-01-01", "--yes"],
];

/// An upgrade script runs this every time. It must say what it did, do nothing the second time, and
/// leave a database that the other commands work on.
async fn migrate_brings_the_schema_up_to_date_once(engine: Engine) -> anyhow::Result<()> {
    let database = TestDatabase::new(engine).await?;
    let migrate = || {
        command_line::run(&database.url, &["migrate", "--json"])?
            .ended(0)?
            .json()
    };
    let first = migrate()?;
    ensure!(
        first["before"].is_null() && first["after"].as_i64() > Some(0),
        "{first}"
    );
    let second = migrate()?;
    ensure!(
        second["before"] == first["after"] && second["after"] == first["after"],
        "{second}"
    );

    // Several servers that start at once, as after an upgrade, wait for each other.
    let other = TestDatabase::new(engine).await?;
    let servers: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Server::start(&other.url)))
            .collect();
        starts.into_iter().map(ScopedJoinHandle::join).collect()
    });
    for server in servers {
        let server = server.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        server.client().get("/readyz").await?.expect(200)?;
    }
    Ok(())
}

/// The first thing on a new installation. The password must come from where others on the machine
/// cannot read it, and a weak one or a second account on the same address must be refused.
async fn an_administrator_is_created_and_signs_in(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let url = &world.database.url;
    let create = |email: &str, password: Option<&str>| -> anyhow::Result<Outcome> {
        let args = ["admin", "create", "--email", email, "--last-name", "Durand"];
        let environment = password.map(|password| ("MONSTAGE_ADMIN_PASSWORD", password));
        command_line::run_with(url, &args, environment.as_slice())
    };
    create("admin@ac-demo.test", None)?.ended(2)?;
    create("admin@ac-demo.test", Some("court"))?.ended(2)?;
    create("admin@ac-demo.test", Some("admin@ac-demo.test"))?.ended(2)?;
    create("pas une adresse", Some("un bon mot de passe"))?.ended(2)?;
    let created = create("admin@ac-demo.test", Some("un bon mot de passe"))?.ended(0)?;
    ensure!(created.out.contains("admin@ac-demo.test"), "{created:#?}");
    let again = create("ADMIN@ac-demo.test", Some("un bon mot de passe"))?.ended(2)?;
    ensure!(again.err.contains("existe déjà"), "{again:#?}");

    let server = Server::start(url)?;
    let body = json!({ "email": "admin@ac-demo.test", "password": "un bon mot de passe" });
    let session = server
        .client()
        .post("/api/v1/session", body)
        .await?
        .expect(201)?;
    ensure!(
        session.body["account"]["role"] == "administrator",
        "{session:#?}"
    );
    ensure!(
        session.body["account"]["last_name"] == "Durand",
        "{session:#?}"
    );
    Ok(())
}

/// What an operator looks at when staff say that a list is wrong: where the log ends, and that each
/// read model has come as far.
async fn projections_status_shows_where_read_models_stand(engine: Engine) -> anyhow::Result<()> {
    let database = TestDatabase::new(engine).await?;
    let status = ["projections", "status", "--json"];
    let empty = command_line::run(&database.url, &status)?.ended(1)?;
    ensure!(
        empty.err.contains("monstage migrate"),
        "says what to do: {empty:#?}"
    );

    let world = World::new(engine).await?;
    let size = Size {
        classes: 2,
        students_per_class: 3,
        without_class: 1,
    };
    world.school(size).await?;
    let status = command_line::run(&world.database.url, &status)?
        .ended(0)?
        .json()?;
    let head = world.store().head().await?;
    ensure!(status["head"] == head, "{status}");
    let unsealed = json!({ "number": 0, "position": 0, "lag": head });
    ensure!(status["seals"] == unsealed, "no server seals: {status}");
    let projections = status["projections"].as_array().context("no list")?;
    ensure!(projections.len() == projections::all().len(), "{status}");
    for projection in projections {
        ensure!(projection["lag"] == 0, "{projection}");
    }
    let rows = |table: &str| {
        let tables = projections
            .iter()
            .filter_map(|projection| projection["tables"].as_array());
        let found = tables.flatten().find(|found| found["name"] == table);
        found.and_then(|table| table["rows"].as_i64())
    };
    ensure!(
        rows("classes") == Some(2) && rows("roster") == Some(7),
        "{status}"
    );
    ensure!(
        rows("staff") == Some(4) && rows("directory") == Some(1),
        "{status}"
    );
    Ok(())
}

/// An address with a slip of the hand in it: "personne à effacer" would be taken for an answer about the
/// right database.
async fn what_is_not_there_is_not_made(engine: Engine) -> anyhow::Result<()> {
    let database = TestDatabase::new(engine).await?;
    for args in ON_WHAT_IS_THERE {
        let refused = command_line::run(&database.url, args)?.ended(1)?;
        ensure!(
            refused.out.is_empty() && refused.err.contains("monstage migrate"),
            "{args:?}: {refused:#?}"
        );
    }
    let files = fs::read_dir(database.folder.path())?.count();
    ensure!(files == 0, "{files} files were made");
    let migrated = command_line::run(&database.url, &["migrate", "--json"])?.ended(0)?;
    ensure!(migrated.json()?["before"].is_null(), "{migrated:#?}");
    Ok(())
}

/// Servers of the older program may still be at work on it. And columns that this one reads are missing.
async fn an_older_schema_is_left_alone(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let before = world.store().schema_status().await?.applied;
    world.age_schema().await?;
    for args in ON_WHAT_IS_THERE {
        let refused = command_line::run(&world.database.url, args)?.ended(1)?;
        ensure!(
            refused.err.contains("plus ancien") && refused.err.contains("monstage migrate"),
            "{args:?}: {refused:#?}"
        );
    }
    ensure!(world.store().schema_status().await?.applied < before);
    Ok(())
}

/// Clients are generated from the committed document. It must be what the program serves, or they
/// are built for another one.
#[test]
fn openapi_prints_the_committed_document() -> anyhow::Result<()> {
    let printed = command_line::run("sqlite::memory:", &["openapi"])?
        .ended(0)?
        .out;
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed = fs::read_to_string(&committed)
        .with_context(|| format!("{}: run `make openapi`", committed.display()))?;
    ensure!(
        printed == committed,
        "docs/openapi.json is out of date: run `make openapi`"
    );
    Ok(())
}

/// Scripts decide by the exit code: 2 means that they asked wrongly, and trying again is useless.
#[test]
fn wrong_usage_ends_with_two() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("unused.db").display());
    for args in [
        &["directory", "import"][..],
        &["no-such-command"],
        &["migrate", "--no-such-flag"],
        &["serve", "--log-format", "xml"],
        &["admin", "create"],
    ] {
        let refused = command_line::run(&url, args)?.ended(2)?;
        ensure!(!refused.err.is_empty(), "{args:?} says nothing");
    }
    let unknown_engine = command_line::run("mysql://localhost/monstage", &["migrate"])?.ended(2)?;
    ensure!(
        unknown_engine.err.contains("DATABASE_URL"),
        "{unknown_engine:#?}"
    );
    let absent = "postgres://nobody@127.0.0.1:1/nowhere";
    let absent = command_line::run(absent, &["migrate"])?.ended(1)?;
    ensure!(absent.err.contains("DATABASE_URL"), "{absent:#?}");
    let help = command_line::run(&url, &["serve", "--help"])?.ended(0)?;
    for setting in [
        "DATABASE_URL",
        "MONSTAGE_LISTEN",
        "MONSTAGE_PUBLIC_URL",
        "MONSTAGE_MAIL_URL",
        "MONSTAGE_MAIL_FROM",
        "MONSTAGE_STAFF_EMAIL",
        "MONSTAGE_SIGNUP_ORDER",
        "MONSTAGE_THROTTLE",
        "MONSTAGE_LOG",
    ] {
        ensure!(
            help.out.contains(setting),
            "{setting} is missing in {}",
            help.out
        );
    }
    Ok(())
}
