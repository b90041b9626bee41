//! Whoever changes, removes or inserts an event is found out, as far as it is sealed.

mod digests;
mod servers;
mod tampering;

use std::{fs, time::Duration};

use acceptance::{
    command_line,
    engine::{Engine, TestDatabase},
    on_both_engines, on_postgres,
    scene::Scene,
    server::Server,
    tamper::{Tampering, make_seals_anew},
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection};
use store::{
    Checkpoint, Conn, RawEvent, Store, StoreError, Tx,
    seals::{Checker, EventDigest, Outside, Seal, SealReport},
};
use tokio::time::{sleep, timeout};

use self::tampering::places;

on_both_engines!(
    a_server_seals_what_happens,
    an_exported_seal_finds_out_who_rewrites_everything,
    seals_can_only_be_added,
    what_cannot_be_read_is_sealed_with_the_rest,
);
on_postgres!(a_transaction_under_way_is_waited_for);

const SMALL: Size = Size {
    classes: 2,
    students_per_class: 4,
    without_class: 1,
};

/// How many events a seal covers here.
const FEW: u32 = 5;

/// How long a server may take to seal what is there, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_mins(1);

/// Every seal against the log.
async fn check(store: &Store, outside: Option<Seal>) -> anyhow::Result<SealReport> {
    let mut checker = Checker::new(store.seals(0, u32::MAX).await?);
    if let Some(outside) = outside {
        checker = checker.against(outside);
    }
    let mut checkpoint = Checkpoint::default();
    loop {
        let page = store.read_page(checkpoint, 500).await?;
        let Some(end) = page.end()? else {
            return Ok(checker.finish());
        };
        for event in page.events() {
            match event {
                Ok(event) => checker.absorb(&event),
                Err(StoreError::Unreadable { checkpoint, .. }) => {
                    checker.absorb_unreadable(checkpoint);
                }
                Err(error) => return Err(error.into()),
            }
        }
        checkpoint = end;
    }
}

/// Waits until everything is sealed, and checks it.
async fn sealed(world: &World) -> anyhow::Result<SealReport> {
    let all_sealed = async {
        loop {
            let report = check(world.store(), None).await?;
            if report.unsealed_events == 0 {
                return anyhow::Ok(report);
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let report = timeout(LIMIT, all_sealed).await.context("not sealed")??;
    ensure!(report.is_sound(), "{report:#?}");
    let events = u64::try_from(world.event_count().await?)?;
    ensure!(report.sealed_events == events, "{report:#?}");
    Ok(report)
}

fn now(world: &World) -> DateTime<Utc> {
    world.commands.clock().now()
}

/// Nobody has to think of sealing: what staff do is sealed moments later, and an operator sees that it
/// is, and how far it is behind.
async fn a_server_seals_what_happens(engine: Engine) -> anyhow::Result<()> {
    let mut scene = Scene::new(engine, SMALL).await?;
    sealed(&scene.world).await?;
    let before = scene.world.store().latest_seal().await?;
    let student = scene.school.classes[0].1[0];
    let change = serde_json::json!([{ "student_id": student, "class_id": scene.school.class(1) }]);
    scene.move_students(change).await?;
    let report = sealed(&scene.world).await?;
    let latest = scene.world.store().latest_seal().await?;
    let latest = latest.context("no seal")?;
    ensure!(before.context("no seal")?.number < latest.number);

    let url = &scene.world.database.url;
    let listed = command_line::run(url, &["audit", "seals", "--json"])?.ended(0)?;
    let listed = listed.json()?;
    let seals = listed["seals"].as_array().context("no list")?;
    ensure!(seals.len() as u64 == report.seals, "{listed}");
    ensure!(seals[0] == serde_json::to_value(&latest)?, "{listed}");
    let table = command_line::run(url, &["audit", "seals", "--limit", "1"])?.ended(0)?;
    ensure!(table.out.lines().count() == 2, "{table:#?}");
    ensure!(table.out.contains(&latest.hash[..16]), "{table:#?}");

    let lag = async {
        while !metrics(&scene).await?.contains("monstage_seal_lag 0\n") {
            sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    timeout(LIMIT, lag).await.context("it lags")??;
    ensure!(scene.server.stop()?.success());
    ensure!(!scene.server.log().contains("ERROR"));
    Ok(())
}

async fn metrics(scene: &Scene) -> anyhow::Result<String> {
    let answer = reqwest::get(format!("{}/metrics", scene.server.address)).await?;
    Ok(answer.text().await?)
}

/// Somebody who owns the database can change an event and make every seal anew. A seal that was kept
/// elsewhere is what they cannot reach.
async fn an_exported_seal_finds_out_who_rewrites_everything(engine: Engine) -> anyhow::Result<()> {
    let empty = TestDatabase::new(engine).await?;
    let export = |url: &str, to: &str| command_line::run(url, &["audit", "seals", "export", to]);
    export(&empty.url, "-")?.ended(1)?;
    let world = World::new(engine).await?;
    let url = &world.database.url;
    let nothing = export(url, "-")?.ended(1)?;
    ensure!(nothing.err.contains("le journal est vide"), "{nothing:#?}");
    let none = command_line::run(url, &["audit", "seals"])?.ended(0)?;
    ensure!(none.out == "Aucun sceau.\n", "{none:#?}");

    world.school(SMALL).await?;
    let path = world.database.folder.path().join("sceau.json");
    let path = path.to_str().context("a path")?;
    let written = export(url, path)?.ended(0)?;
    ensure!(written.out.contains(path), "{written:#?}");
    let kept = Seal::from_file(&fs::read_to_string(path)?)?;
    ensure!(world.store().latest_seal().await?.as_ref() == Some(&kept));
    ensure!(check(world.store(), None).await?.unsealed_events == 0);
    let printed = export(url, "-")?.ended(0)?;
    ensure!(Seal::from_file(&printed.out)? == kept, "{printed:#?}");
    let refused = export(url, path)?.ended(2)?;
    ensure!(refused.err.contains(path), "{refused:#?}");
    ensure!(Seal::from_file(&fs::read_to_string(path)?)? == kept);

    world.school(SMALL).await?;
    let against = || check(world.store(), Some(kept.clone()));
    ensure!(against().await?.outside == Some(Outside::Holds));
    let position = 4;
    Tampering::Date { position }.on(world.store()).await?;
    make_seals_anew(world.store(), kept.sealed_at, 1_000).await?;
    let report = against().await?;
    ensure!(report.broken.is_empty(), "{report:#?}");
    ensure!(report.outside == Some(Outside::Differs), "{report:#?}");
    Ok(())
}

/// A chain that a stray statement can change proves nothing.
async fn seals_can_only_be_added(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    world.store().seal_all(now(&world), FEW).await?;
    let before = world.store().seals(0, u32::MAX).await?;
    ensure!(before.len() > 2);
    let everywhere = [
        "UPDATE seals SET events = 1",
        "UPDATE seals SET sealed_at = sealed_at WHERE number = 1",
        "DELETE FROM seals",
        "DELETE FROM seals WHERE number = 1",
        "INSERT INTO seals SELECT * FROM seals WHERE number = 1",
    ];
    let on_this_engine: &[&str] = match engine {
        Engine::Postgres => &[
            "TRUNCATE seals",
            "INSERT INTO seals SELECT * FROM seals WHERE number = 1 \
             ON CONFLICT (number) DO UPDATE SET events = 1",
        ],
        Engine::Sqlite => &[
            "INSERT OR REPLACE INTO seals SELECT * FROM seals WHERE number = 1",
            "UPDATE OR REPLACE seals SET number = 1",
        ],
    };
    for sql in everywhere.iter().chain(on_this_engine) {
        let mut transaction = world.store().begin().await?;
        let done = execute(&mut transaction, sql).await;
        ensure!(done.is_err(), "the database let this happen: {sql}");
    }
    ensure!(world.store().seals(0, u32::MAX).await? == before);
    Ok(())
}

async fn execute(transaction: &mut Tx<'_>, sql: &str) -> Result<(), sqlx::Error> {
    match transaction.conn() {
        Conn::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
        Conn::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
    }
}

/// One event that somebody spoilt must not leave all that staff do from then on without a seal.
async fn what_cannot_be_read_is_sealed_with_the_rest(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    let places = places(world.store()).await?;
    for (place, last) in [(5, false), (places.len() - 1, true)] {
        let position = places[place].position;
        let tampering = match (engine, last) {
            (Engine::Sqlite, true) => Tampering::NoText { position },
            _ => Tampering::NoDate { position },
        };
        tampering.on(world.store()).await?;
        // Otherwise what was appended is sealed, not what stands there.
        let no_digest = Tampering::Column {
            position,
            column: "digest",
            value: no_digest(engine),
        };
        no_digest.on(world.store()).await?;
    }
    world.store().seal_all(now(&world), FEW).await?;
    world.school(SMALL).await?;
    let _server = Server::start(&world.database.url)?;
    sealed(&world).await?;
    Ok(())
}

/// What stands in the place of a digest and is none, in SQL.
const fn no_digest(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "'\\x00'::bytea",
        Engine::Sqlite => "x'00'",
    }
}

/// A transaction that commits late has its events before those of others that committed meanwhile. A
/// seal that went past it could never hold again.
async fn a_transaction_under_way_is_waited_for(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(SMALL).await?.uai;
    world.store().seal_all(now(&world), FEW).await?;
    let sealed_before = world.store().latest_seal().await?;

    let first = world.store().read_page(Checkpoint::default(), 1).await?;
    let first = first.events().next().context("no event")??;
    let digest = EventDigest::of(&RawEvent {
        aggregate_id: "held",
        sequence: 1,
        ..first
    });
    let mut slow = PgConnection::connect(&world.database.url).await?;
    let mut held = slow.begin().await?;
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
                   event_version, payload, metadata, recorded_at, establishment, digest) \
               SELECT aggregate_type, 'held', 1, event_type, event_version, payload, metadata, \
                   recorded_at, establishment, $1 FROM events WHERE position = $2";
    let query = sqlx::query(sql).bind(digest.as_bytes());
    let query = query.bind(first.checkpoint.position);
    query.execute(&mut *held).await?;
    world.class(&uai, "3e Z").await?;
    ensure!(world.store().seal(now(&world), FEW).await?.is_none());
    let latest = world.store().seal_all(now(&world), FEW).await?;
    ensure!(latest == sealed_before, "{latest:#?}");

    held.commit().await?;
    let seal = world.store().seal(now(&world), FEW).await?;
    ensure!(seal.context("nothing to seal")?.events == 2);
    sealed(&world).await?;
    Ok(())
}
