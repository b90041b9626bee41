//! `audit verify`: an administrator shows that log, read models and seals agree, or where they do not.

use std::fs;

use acceptance::{
    command_line::{self, Outcome},
    engine::Engine,
    on_both_engines, on_postgres,
    scene::Scene,
    tamper::{Tampering, make_seals_anew},
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use store::{Checkpoint, EventRecord, Store};

on_both_engines!(
    a_sound_database_is_said_to_be_while_staff_go_on,
    every_way_to_tamper_is_found_and_where,
    a_read_model_that_says_something_else_is_found,
    an_event_where_nobody_looks_is_found,
    a_log_that_cannot_be_replayed_is_verified_otherwise,
    how_much_is_not_shown_is_said,
    who_rewrites_everything_is_found_with_a_seal_kept_elsewhere,
    who_cuts_the_end_off_is_found_with_a_seal_kept_elsewhere,
);

on_postgres!(verifying_holds_up_no_reader_of_the_log);

const SMALL: Size = Size {
    classes: 2,
    students_per_class: 4,
    without_class: 1,
};

/// How many events a seal covers here.
const FEW: u32 = 5;

fn verify(url: &str, more: &[&str]) -> anyhow::Result<Outcome> {
    command_line::run(url, &[&["audit", "verify"], more].concat())
}

fn faults(outcome: &Outcome) -> anyhow::Result<Vec<String>> {
    let report = outcome.json()?;
    let faults = report["faults"].as_array().context("faults")?;
    Ok(faults.iter().map(Value::to_string).collect())
}

/// It looks at one instant: what staff do meanwhile is neither missed nor taken for damage.
async fn a_sound_database_is_said_to_be_while_staff_go_on(engine: Engine) -> anyhow::Result<()> {
    const ROUNDS: usize = 10;
    let scene = Scene::new(engine, SMALL).await?;
    let url = scene.world.database.url.clone();
    let staff = async {
        for round in 0..200 {
            let student = scene.school.classes[0].1[round % 4];
            let class = scene.school.class((round / 4 + 1) % 2);
            let change = json!([{ "student_id": student, "class_id": class }]);
            scene.move_students(change).await?;
        }
        anyhow::Ok(())
    };
    let verifying = tokio::task::spawn_blocking(move || {
        let mut grown = Vec::new();
        for _ in 0..ROUNDS {
            let report = verify(&url, &["--json"])?.ended(0)?.json()?;
            ensure!(report["sound"] == true, "{report}");
            grown.push(report["events"].as_u64().context("events")?);
        }
        Ok(grown)
    });
    let (grown, done) = tokio::join!(verifying, staff);
    done?;
    let grown = grown??;
    ensure!(
        grown.first() < grown.last(),
        "nobody did anything: {grown:?}"
    );
    let text = verify(&scene.world.database.url, &[])?.ended(0)?;
    ensure!(text.out.contains("Tout concorde."), "{text:#?}");
    ensure!(text.out.contains("roster 9"), "{text:#?}");
    Ok(())
}

/// Whoever owns the database can change anything in it. Each change shows, and shows where.
async fn every_way_to_tamper_is_found_and_where(engine: Engine) -> anyhow::Result<()> {
    // In the third seal of five events, the eleventh to the fifteenth.
    let at = 12;
    let kinds = match engine {
        Engine::Postgres => 11,
        Engine::Sqlite => 13,
    };
    for kind in 0..kinds {
        let world = World::new(engine).await?;
        world.school(SMALL).await?;
        let now = world.commands.clock().now();
        world.store().seal_all(now, FEW).await?;
        verify(&world.database.url, &[])?.ended(0)?;
        let log = positions(world.store()).await?;
        let position = log[at];
        let last = log[log.len() - 1];
        let (from, to) = ("{", "{ ");
        let (tampering, expected) = match kind {
            0 => (Tampering::Payload { position, from, to }, "sceau 3"),
            1 => (Tampering::Actor { position }, "sceau 3"),
            2 => (Tampering::Date { position }, "sceau 3"),
            3 => (Tampering::Remove { position }, "sceau 3"),
            4 => (Tampering::Remove { position: last }, "n'est plus là"),
            5 => (Tampering::Insert { position }, "sceau"),
            6 => {
                let other = log[at - 1];
                (
                    Tampering::Swap {
                        one: position,
                        other,
                    },
                    "sceau 3",
                )
            }
            7 => (Tampering::Seal { number: 3 }, "récrit"),
            8 => (Tampering::NoDate { position }, "sceau 3"),
            9 => (Tampering::RemoveSeal { number: 3 }, "sceau 4"),
            10 => {
                let tampering = Tampering::Column {
                    position,
                    column: "establishment",
                    value: "'9990999G'",
                };
                (tampering, "sceau 3")
            }
            11 => (Tampering::NoText { position }, "sceau 3"),
            _ => (Tampering::DateInOtherWords { position }, "autrement"),
        };
        tampering.on(world.store()).await?;
        let outcome = verify(&world.database.url, &["--json"])?.ended(1)?;
        let faults = faults(&outcome)?;
        ensure!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{tampering:?}: {faults:#?}"
        );
        ensure!(outcome.err.contains("anomalie"), "{outcome:#?}");
        // Sealed or not, an event that still has its digest is itself named.
        let named = format!("position {position} : l'événement diffère de l'empreinte");
        let changed = matches!(
            tampering,
            Tampering::Payload { .. }
                | Tampering::Actor { .. }
                | Tampering::Date { .. }
                | Tampering::Column { .. }
        );
        ensure!(
            faults.iter().any(|fault| fault.contains(&named)) == changed,
            "{tampering:?}: {faults:#?}"
        );
        // What cannot be read is named, and does not end the look at the rest.
        let named = format!("position {position} : l'événement ne se lit pas");
        let unreadable = matches!(
            tampering,
            Tampering::NoDate { .. } | Tampering::NoText { .. }
        );
        ensure!(
            faults.iter().any(|fault| fault.contains(&named)) == unreadable,
            "{tampering:?}: {faults:#?}"
        );
    }
    Ok(())
}

/// An event that cannot be read is named by its place, a stream with a gap by its name; and the rest is
/// verified all the same. A row of a read model that was changed, removed or made up is shown.
async fn a_read_model_that_says_something_else_is_found(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let school = world.school(SMALL).await?;
    let url = world.database.url.clone();
    let moved = "UPDATE roster SET class_id = NULL \
                 WHERE student_id = (SELECT MAX(student_id) FROM roster WHERE class_id IS NOT NULL)";
    world.execute(moved).await?;
    let found = faults(&verify(&url, &["--json"])?.ended(1)?)?;
    ensure!(found.len() == 2, "as it is, as it should be: {found:#?}");
    ensure!(
        found[0].contains("le journal ne dit pas cela"),
        "{found:#?}"
    );
    ensure!(found[1].contains(&school.uai.to_string()), "{found:#?}");
    command_line::run(&url, &["projections", "rebuild", "roster"])?.ended(0)?;
    verify(&url, &[])?.ended(0)?;

    world.execute("DELETE FROM staff").await?;
    let found = faults(&verify(&url, &["--json"])?.ended(1)?)?;
    ensure!(
        found.iter().all(|fault| fault.contains("staff")),
        "{found:#?}"
    );
    command_line::run(&url, &["projections", "rebuild"])?.ended(0)?;
    verify(&url, &[])?.ended(0)?;

    let log = positions(world.store()).await?;
    let position = log[log.len() - 1];
    let (from, to) = ("Student", "Pupil");
    let tampering = Tampering::Payload { position, from, to };
    tampering.on(world.store()).await?;
    let gap = log[log.len() - 3];
    Tampering::Remove { position: gap }
        .on(world.store())
        .await?;
    let stopped = command_line::run(&url, &["projections", "rebuild"])?.ended(1)?;
    ensure!(stopped.err.contains("audit verify"), "{stopped:#?}");
    let found = faults(&verify(&url, &["--json"])?.ended(1)?)?;
    let unreadable = format!("position {position} : l'événement ne se lit pas");
    ensure!(found[0].contains(&unreadable), "{found:#?}");
    ensure!(
        found.iter().any(|fault| fault.contains("roster")),
        "{found:#?}"
    );
    Ok(())
}

/// The log is read from position 1 on. An event before it is in nobody's way, and still loaded with its
/// stream: the next action on the pupil would go by it.
async fn an_event_where_nobody_looks_is_found(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    // The columns that only one engine has, or protects.
    let (column, value, position) = match engine {
        Engine::Postgres => (", transaction_id", ", 0", "OVERRIDING SYSTEM VALUE"),
        Engine::Sqlite => ("", "", ""),
    };
    let sql = format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                             payload, metadata, recorded_at, establishment, digest, position{column}) {position} \
         SELECT aggregate_type, aggregate_id, sequence + 1, 'StudentErased', '1.0', \
                '{{\"StudentErased\":{{}}}}', metadata, recorded_at, establishment, digest, -5{value} \
         FROM events WHERE aggregate_type = 'student' ORDER BY sequence DESC LIMIT 1"
    );
    let mut tx = world.store().begin().await?;
    store::execute!(&mut tx.conn(), &sql)?;
    tx.commit().await?;
    let found = faults(&verify(&world.database.url, &["--json"])?.ended(1)?)?;
    ensure!(
        found.iter().any(|fault| {
            fault.contains("student/") && fault.contains("en position -5, hors de l'ordre")
        }),
        "{found:#?}"
    );
    Ok(())
}

/// A class that is created twice fits into no table. Whoever verifies is told so, and all the rest.
async fn a_log_that_cannot_be_replayed_is_verified_otherwise(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    world
        .store()
        .seal_all(world.commands.clock().now(), FEW)
        .await?;
    let created = world
        .store()
        .read_after(Checkpoint::default(), 1_000)
        .await?
        .into_iter()
        .find(|logged| logged.record.event.event_type() == "ClassCreated")
        .context("no class")?;
    let position = created.checkpoint.position;
    Tampering::Insert { position }.on(world.store()).await?;
    let outcome = verify(&world.database.url, &["--json"])?.ended(1)?;
    let found = faults(&outcome)?;
    for expected in ["ne sont pas comparées", "n'est pas à sa place", "sceau"] {
        ensure!(
            found.iter().any(|fault| fault.contains(expected)),
            "{found:#?}"
        );
    }
    let stopped = command_line::run(&world.database.url, &["projections", "rebuild"])?.ended(1)?;
    ensure!(stopped.err.contains("audit verify"), "{stopped:#?}");
    Ok(())
}

/// Of thousands of rows that are wrong, some are shown, and how many there are.
async fn how_much_is_not_shown_is_said(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(SMALL).await?.uai;
    world.crowd(&uai, 100).await?;
    world.execute("DELETE FROM roster").await?;
    let outcome = verify(&world.database.url, &["--json"])?.ended(1)?;
    let found = faults(&outcome)?;
    ensure!(found.len() == 21, "{found:#?}");
    ensure!(found[20].contains("et 89 de plus"), "{found:#?}");
    ensure!(outcome.err.contains("109 anomalies"), "{outcome:#?}");
    Ok(())
}

/// The one thing that nobody who owns the database can change is what is not in it.
async fn who_rewrites_everything_is_found_with_a_seal_kept_elsewhere(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    world.school(SMALL).await?;
    let url = &world.database.url;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sceau.json").display().to_string();
    command_line::run(url, &["audit", "seals", "export", &file])?.ended(0)?;
    let kept = verify(url, &["--against", &file])?.ended(0)?;
    ensure!(kept.out.contains("Sceau conservé ailleurs"), "{kept:#?}");

    let position = positions(world.store()).await?[12];
    Tampering::Date { position }.on(world.store()).await?;
    let now = world.commands.clock().now();
    make_seals_anew(world.store(), now, 1_000).await?;
    let fooled = faults(&verify(url, &["--json"])?)?;
    ensure!(
        fooled.iter().all(|fault| !fault.contains("sceau")),
        "{fooled:#?}"
    );
    let found = faults(&verify(url, &["--against", &file, "--json"])?.ended(1)?)?;
    ensure!(
        found
            .iter()
            .any(|fault| fault.contains("sceau conservé ailleurs")),
        "{found:#?}"
    );

    let none = verify(url, &["--against", "nulle-part.json"])?.ended(2)?;
    ensure!(none.err.contains("ne se lit pas"), "{none:#?}");
    fs::write(&file, "{}")?;
    let other = verify(url, &["--against", &file])?.ended(2)?;
    ensure!(other.err.contains("seals export"), "{other:#?}");
    Ok(())
}

/// On PostgreSQL, readers of the log wait for every transaction that may write: were the one that looks
/// at one instant such a transaction, nothing would be sealed for as long as verifying takes.
async fn verifying_holds_up_no_reader_of_the_log(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let store = world.store();
    let uai = world.school(SMALL).await?.uai;
    let tables = vec!["roster", "staff"];
    let (mut replica, mut reader) = store.frozen_replica(tables.clone()).await?;
    let page = reader.next_page(10_000).await?;
    let records: Vec<EventRecord> = page.decode()?.into_iter().map(|it| it.record).collect();
    replica.change(store.changes(&tables, &records)).await?;
    world.crowd(&uai, 1).await?;
    let end = page.end()?.context("an empty log")?;
    ensure!(store.read_page(end, 10).await?.len() == 1, "it is not seen");
    ensure!(reader.next_page(10).await?.is_empty(), "not one instant");
    for table in replica.differences(10).await? {
        let same = table.unfounded.is_empty() && table.missing.is_empty();
        ensure!(same && table.rows > 0, "{table:#?}");
    }
    Ok(())
}

/// Somebody undoes what was done last: the events go, the seals over them too, and the read models are filled
/// anew. Nothing in the database shows that there was more.
async fn who_cuts_the_end_off_is_found_with_a_seal_kept_elsewhere(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(SMALL).await?.uai;
    let url = &world.database.url;
    let now = || world.commands.clock().now();
    world.store().seal_all(now(), 1_000).await?;
    let before = positions(world.store()).await?.len();
    world.students(&uai, None, 2).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sceau.json").display().to_string();
    command_line::run(url, &["audit", "seals", "export", &file])?.ended(0)?;
    let last = world.store().latest_seal().await?.context("a seal")?;

    for position in &positions(world.store()).await?[before..] {
        let position = *position;
        Tampering::Remove { position }.on(world.store()).await?;
    }
    let number = last.number;
    Tampering::RemoveSeal { number }.on(world.store()).await?;
    command_line::run(url, &["projections", "rebuild"])?.ended(0)?;
    verify(url, &[])?.ended(0)?;
    let found = faults(&verify(url, &["--against", &file, "--json"])?.ended(1)?)?;
    ensure!(
        found.len() == 1 && found[0].contains("la base n'a pas de tel sceau"),
        "{found:#?}"
    );
    Ok(())
}

async fn positions(store: &Store) -> anyhow::Result<Vec<i64>> {
    let page = store.read_page(Checkpoint::default(), 10_000).await?;
    page.events()
        .map(|event| Ok(event?.checkpoint.position))
        .collect()
}
