//! The history as a file, over HTTP and on the command line.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
};

use acceptance::{
    binary::monstage,
    client::Client,
    command_line,
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{Account, Size, World, fictitious_uai},
};
use anyhow::{Context as _, ensure};
use commands::import_directory::ImportDirectory;
use domain::{establishment::ListingUpdate, values::Priority};
use reqwest::Method;
use serde_json::Value;

use super::{EVENTS, SMALL, administrator, all, move_to};

on_both_engines!(exports_are_the_list, the_command_line_tells_it_too);

/// How many schools an export is long.
const MANY: u32 = 2_500;

/// Lists many schools at once.
async fn import_many(world: &World) -> anyhow::Result<()> {
    let mut schools = Vec::new();
    for number in 1_000..1_000 + MANY {
        let update = ListingUpdate {
            name: format!("Collège « Export », {number}"),
            city: "Valclair".to_owned(),
            postal_code: None,
            department: None,
            academy: None,
            priority: Some(Some(Priority::Rep)),
            mailbox: None,
            closed: None,
        };
        schools.push((fictitious_uai(number)?, update));
    }
    world
        .commands
        .execute(
            &world.by(),
            &ImportDirectory {
                schools,
                closed: Vec::new(),
            },
        )
        .await?;
    Ok(())
}

async fn exported(client: &Client, filters: &str, kind: &str) -> anyhow::Result<String> {
    let request = client.request(Method::GET, &format!("{EVENTS}?{filters}"));
    let answer = client
        .send(request.header("accept", kind))
        .await?
        .expect(200)?;
    let media = answer.headers.get("content-type").context("no type")?;
    ensure!(media.to_str()?.starts_with(kind), "{media:?}");
    Ok(answer.text)
}

/// The cell that JSON's value becomes.
fn cell(event: &Value, column: &str) -> String {
    let value = match column.strip_prefix("actor_") {
        Some(member) => &event["actor"][member],
        None => &event[column],
    };
    match value {
        Value::String(text) if text.starts_with('=') => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// An inspector takes the whole history away as one file, and opens it in a spreadsheet: it must be the
/// same as the list, to the last event, whichever way it came, and run no formula that somebody signed
/// up as.
async fn exports_are_the_list(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    import_many(&scene.world).await?;
    let student = scene.school.classes[0].1[0];
    move_to(&scene, student, scene.school.class(1)).await?;
    let formula = "UPDATE people SET first_name = '=HYPERLINK(\"x\", \"y\")' \
                   WHERE first_name = 'head'";
    scene.world.execute(formula).await?;
    let administrator = administrator(&scene).await?;
    let everything = all(&administrator, "", 200).await?;
    ensure!(everything.len() > MANY as usize);

    let lines = exported(&administrator, "", "application/x-ndjson").await?;
    let events: Result<Vec<Value>, _> = lines.lines().map(serde_json::from_str).collect();
    ensure!(events? == everything);
    let table = exported(&administrator, "", "text/csv").await?;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let columns = reader.headers()?.clone();
    ensure!(columns.len() == 14, "{columns:?}");
    for (row, event) in reader.records().zip(&everything) {
        for (cell_there, column) in row?.iter().zip(&columns) {
            let expected = cell(event, column);
            ensure!(cell_there == expected, "{cell_there}, not {expected}");
        }
    }
    ensure!(table.contains("\"'=HYPERLINK(") && !table.contains(",=HYPERLINK("));
    ensure!(csv::Reader::from_reader(table.as_bytes()).records().count() == everything.len());
    let none = exported(&administrator, "since=2999-01-01", "text/csv").await?;
    ensure!(none.lines().count() == 1, "{none}");
    let own = exported(&scene.head, "", "application/x-ndjson").await?;
    ensure!(own.lines().count() == all(&scene.head, "", 200).await?.len());

    let url = &scene.world.database.url;
    let run = |format| command_line::run(url, &["audit", "log", "--format", format]);
    ensure!(run("ndjson")?.ended(0)?.out == lines);
    ensure!(run("csv")?.ended(0)?.out == table);
    let json = command_line::run(url, &["audit", "log", "--json", "--limit", "1100"])?;
    let expected: Vec<_> = lines.lines().take(1_100).collect();
    ensure!(json.ended(0)?.out.lines().collect::<Vec<_>>() == expected);
    a_reader_may_go_away(url)
}

/// `monstage audit log --format ndjson | head -1`, and no panic.
fn a_reader_may_go_away(url: &str) -> anyhow::Result<()> {
    let mut child = Command::new(monstage()?)
        .args(["audit", "log", "--format", "ndjson"])
        .env("DATABASE_URL", url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
    serde_json::from_str::<Value>(&line)?;
    let mut errors = String::new();
    child
        .stderr
        .take()
        .context("no errors")?
        .read_to_string(&mut errors)?;
    ensure!(
        child.wait()?.code() == Some(1) && errors.is_empty(),
        "{errors}"
    );
    Ok(())
}

/// The operator answers an inquiry from a terminal: one readable line per event, newest first, and a
/// refusal rather than an empty answer to what cannot be.
async fn the_command_line_tells_it_too(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(
        engine,
        Size {
            students_per_class: 30,
            ..SMALL
        },
    )
    .await?;
    let student = scene.school.classes[0].1[0];
    move_to(&scene, student, scene.school.class(1)).await?;
    let Account { id: head, .. } = scene.school.staff[0];
    let url = &scene.world.database.url;
    let log = |more: &[&str]| command_line::run(url, &[&["audit", "log"], more].concat());
    let table = log(&[])?.ended(0)?.out;
    ensure!(table.lines().count() == 51, "{table}");
    let (student, head) = (student.to_string(), head.to_string());
    let filtered = log(&[
        "--student",
        &student,
        "--actor",
        &head,
        "--type",
        "StudentMoved",
        "--since",
        "2020-01-01",
        "--establishment",
        scene.school.uai.as_str(),
        "--until",
        "2998-12-31",
        "--limit",
        "2",
    ])?;
    let filtered = filtered.ended(0)?.out;
    let told =
        "  head Exemple (chef d'établissement) a fait passer Élève 000 Exemple de 3e A à 3e B";
    ensure!(
        filtered.lines().count() == 2 && filtered.trim_end().ends_with(told),
        "{filtered}"
    );
    let none = log(&["--since", "2999-01-01"])?.ended(0)?.out;
    ensure!(none == "Aucun événement.\n", "{none}");
    for bad in [
        ["--establishment", "0132572B"],
        ["--establishment", "0132572A"],
        ["--class", "x"],
        ["--class", &student],
        ["--student", &head],
        ["--type", "StudentTeleported"],
        ["--since", "hier"],
        ["--until", "2027-02-30"],
        ["--limit", "0"],
        ["--format", "pdf"],
    ] {
        let refused = log(&bad)?.ended(2)?;
        ensure!(
            refused.out.is_empty() && !refused.err.is_empty(),
            "{refused:#?}"
        );
    }
    Ok(())
}
