//! What happened, who did it, and what may be seen of it.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
};

use acceptance::{
    binary::monstage,
    client::{Answer, Client},
    command_line,
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{Account, School, Size, World, fictitious_uai},
};
use anyhow::{Context as _, ensure};
use chrono::DateTime;
use commands::{import_directory::ImportDirectory, rejoin_establishment::RejoinEstablishment};
use domain::{
    class::ClassEvent,
    establishment::ListingUpdate,
    ids::{ClassId, StudentId},
    student::StudentEvent,
    values::{Priority, Role},
};
use reqwest::Method;
use serde_json::{Value, json};

on_both_engines!(
    a_move_is_told_as_it_was,
    every_filter_pages_through_what_matches,
    a_head_sees_their_own_establishment_only,
    bad_filters_are_named,
    exports_are_the_list,
    the_command_line_tells_it_too,
);

const EVENTS: &str = "/api/v1/audit/events";

const SMALL: Size = Size {
    classes: 2,
    students_per_class: 3,
    without_class: 1,
};

/// How many schools an export is long.
const MANY: u32 = 2_500;

async fn asked(client: &Client, filters: &str) -> anyhow::Result<Answer> {
    client.get(&format!("{EVENTS}?{filters}")).await
}

/// Every event of a filter, page by page.
async fn all(client: &Client, filters: &str, limit: u32) -> anyhow::Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let page = asked(client, &format!("{filters}&limit={limit}{after}")).await?;
        let page = page.expect(200)?;
        events.extend(page.items()?.iter().cloned());
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(events),
        }
    }
}

async fn administrator(scene: &Scene) -> anyhow::Result<Client> {
    let account = scene.world.administrator().await?;
    scene.server.client().sign_in(&account.email).await
}

/// Moves a pupil as the head.
async fn move_to(scene: &Scene, student: StudentId, class: ClassId) -> anyhow::Result<()> {
    let change = json!([{ "student_id": student, "class_id": class }]);
    scene.move_students(change).await?;
    Ok(())
}

async fn sentence_of(client: &Client, student: StudentId) -> anyhow::Result<String> {
    let moves = asked(client, &format!("student={student}&type=StudentMoved")).await?;
    moves.expect(200)?.text_at("/items/0/summary")
}

/// "Who moved this pupil, when?" is asked years later: of a class that has another name since, and of
/// people who were erased. The answer must be right about the moment, and tell nobody's name who has a
/// right to be forgotten.
async fn a_move_is_told_as_it_was(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let (left, joined) = (scene.school.class(0), scene.school.class(1));
    let student = scene.school.classes[0].1[0];
    let change = json!([{ "student_id": student, "class_id": joined }]);
    let request = scene.roster(change).await?.expect(200)?.headers["x-request-id"].clone();

    let told = asked(&scene.head, "limit=3").await?.expect(200)?;
    let events = told.items()?;
    let who = "head Exemple (chef d'établissement)";
    let pupil = "Élève 000 Exemple";
    let expected = [
        (
            "StudentMoved",
            joined,
            json!({ "from": left, "to": joined }),
            format!("{who} a fait passer {pupil} de 3e A à 3e B"),
        ),
        (
            "StudentWithdrawn",
            left,
            json!({ "student": student, "to": joined }),
            format!("{who} a fait sortir {pupil} de la classe 3e A, à destination de 3e B"),
        ),
        (
            "StudentAdmitted",
            joined,
            json!({ "student": student, "from": left }),
            format!("{who} a fait entrer {pupil} dans la classe 3e B, en provenance de 3e A"),
        ),
    ];
    for (kind, class, data, summary) in expected {
        let event = events.iter().find(|event| event["type"] == kind);
        let event = event.with_context(|| format!("no {kind} in {told:#?}"))?;
        ensure!(event["summary"] == summary, "{event:#}");
        ensure!(event["data"] == data, "{event:#}");
        ensure!(event["class"] == class.to_string() && event["student"] == student.to_string());
        ensure!(event["establishment"] == scene.school.uai.as_str());
        ensure!(event["command_id"] == events[0]["command_id"], "{told:#?}");
        ensure!(event["correlation_id"] == request.to_str()?);
        let actor = json!({
            "id": scene.school.staff[0].id, "name": "head Exemple", "role": "head",
        });
        ensure!(event["actor"] == actor, "{event:#}");
    }

    let rename = json!({ "name": "3e Lovelace" });
    let path = format!("/api/v1/classes/{left}");
    scene.head.patch(&path, rename).await?.expect(200)?;
    let other = scene.school.classes[0].1[1];
    move_to(&scene, other, joined).await?;
    let told = sentence_of(&scene.head, student).await?;
    ensure!(told.ends_with("de 3e A à 3e B"), "{told}");
    let told = sentence_of(&scene.head, other).await?;
    ensure!(told.ends_with("de 3e Lovelace à 3e B"), "{told}");

    let erased = "DELETE FROM people WHERE first_name = 'Élève 000' OR first_name = 'head'";
    scene.world.execute(erased).await?;
    let told = asked(&scene.head, &format!("student={student}&limit=1")).await?;
    let told = told.expect(200)?.items()?[0].clone();
    ensure!(
        told["summary"]
            == "Une personne effacée (chef d'établissement) a fait passer un élève effacé de 3e A à \
                3e B",
        "{told:#}"
    );
    ensure!(told["actor"]["name"].is_null() && told["actor"]["role"] == "head");
    let system = asked(&scene.head, "type=ClassCreated&limit=1").await?;
    ensure!(system.text_at("/items/0/actor/name")? == "système");
    Ok(())
}

/// What a filter says of one event.
type Matches<'a> = &'a dyn Fn(&Value) -> bool;

/// Whether an event stands in the stream of a class, or of a pupil.
fn is_of(kinds: &[(&str, &str)], event: &Value) -> bool {
    kinds.iter().any(|(kind, _)| event["type"] == *kind)
}

fn instant(event: &Value) -> anyhow::Result<DateTime<chrono::FixedOffset>> {
    let text = event["recorded_at"].as_str().context("no instant")?;
    Ok(DateTime::parse_from_rfc3339(text)?)
}

/// An event that a filter or the edge of a page swallows is one that an inquiry never finds. Whatever
/// is asked, page by page, is exactly what a look at every event would have found, in order.
async fn every_filter_pages_through_what_matches(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let neighbour = scene.world.school(SMALL).await?;
    let (left, joined) = (scene.school.class(0), scene.school.class(1));
    let student = scene.school.classes[0].1[0];
    for class in [joined, left, joined] {
        move_to(&scene, student, class).await?;
    }
    let administrator = administrator(&scene).await?;
    let everything = all(&administrator, "", 7).await?;
    ensure!(i64::try_from(everything.len())? == scene.world.event_count().await?);
    let positions: Vec<_> = everything
        .iter()
        .map(|it| it["position"].as_i64())
        .collect();
    ensure!(positions.is_sorted_by(|a, b| a > b), "{positions:?}");
    ensure!(all(&administrator, "", 200).await? == everything);

    let uai = &scene.school.uai;
    let head = scene.school.staff[0].id;
    let middle = everything[everything.len() / 2].clone();
    let (at, text) = (instant(&middle)?, middle["recorded_at"].clone());
    let text = text.as_str().context("no instant")?;
    let of_class =
        |event: &Value| is_of(ClassEvent::KINDS, event) && event["class"] == *left.to_string();
    let of_pupil = |event: &Value| is_of(StudentEvent::KINDS, event);
    let about = |event: &Value| event["student"] == *student.to_string();
    let here = |event: &Value| event["establishment"] == uai.as_str();
    let later = |event: &Value| instant(event).is_ok_and(|it| it >= at);
    let by_head = |event: &Value| event["actor"]["id"] == *head.to_string();
    let moved = |event: &Value| event["type"] == "StudentMoved";
    let cases: [(String, Matches<'_>); 12] = [
        (format!("establishment={uai}"), &here),
        (format!("class={left}"), &of_class),
        (format!("student={student}"), &|it| {
            of_pupil(it) && about(it)
        }),
        (format!("class={left}&student={student}"), &|it| {
            of_class(it) && about(it)
        }),
        (format!("actor={head}"), &by_head),
        ("type=StudentMoved".to_owned(), &moved),
        (format!("since={text}"), &later),
        (format!("until={text}"), &|it| !later(it)),
        ("since=2999-01-01".to_owned(), &|_| false),
        (
            format!("establishment={uai}&type=StudentMoved&since={text}&actor={head}"),
            &|it| here(it) && moved(it) && later(it) && by_head(it),
        ),
        (
            format!("student={student}&establishment={uai}&until={text}"),
            &|it| of_pupil(it) && about(it) && here(it) && !later(it),
        ),
        (format!("establishment={}", neighbour.uai), &|it| {
            it["establishment"] == neighbour.uai.as_str()
        }),
    ];
    for (filters, matches) in cases {
        let expected: Vec<_> = everything
            .iter()
            .filter(|it| matches(it))
            .cloned()
            .collect();
        // Only of the future is nothing known.
        ensure!(expected.is_empty() == filters.contains("2999"), "{filters}");
        for limit in [3, 200] {
            let found = all(&administrator, &filters, limit).await?;
            ensure!(found == expected, "{filters}, {limit} a page: {found:#?}");
        }
    }
    Ok(())
}

/// A head must see what happened at home and not even learn that another school's class or pupil
/// exists; a teacher or a pupil sees no history at all. A class that was deleted since is history too.
async fn a_head_sees_their_own_establishment_only(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let other = scene.world.school(SMALL).await?;
    let own = all(&scene.head, "", 50).await?;
    let home = format!("establishment={}", scene.school.uai);
    let said = all(&scene.head, &home, 50).await?;
    ensure!(own == said && !own.is_empty());
    let here = |event: &Value| event["establishment"] == scene.school.uai.as_str();
    ensure!(own.iter().all(here), "{own:#?}");

    let empty = scene.world.class(&scene.school.uai, "3e vide").await?;
    let gone = format!("/api/v1/classes/{empty}");
    scene.head.delete(&gone).await?.expect(204)?;
    let told = all(&scene.head, &format!("class={empty}"), 50).await?;
    ensure!(
        told[0]["type"] == "ClassDeleted" && told.len() == 2,
        "{told:#?}"
    );
    let summary = "head Exemple (chef d'établissement) a supprimé la classe 3e vide";
    ensure!(told[0]["summary"] == summary, "{told:#?}");

    let (class, student) = (other.class(0), other.classes[0].1[0]);
    let out_of_reach = [
        format!("establishment={}", other.uai),
        format!("class={class}"),
        format!("student={student}"),
        format!("class={}&student={student}", scene.school.class(0)),
        format!("establishment={}&class={class}", scene.school.uai),
        "establishment=0132572A".to_owned(),
        "class=01a05b8d-9300-7000-8000-000000002ee0".to_owned(),
    ];
    for filters in &out_of_reach {
        let refused = asked(&scene.head, filters).await?;
        refused.expect_problem(404, "not_found")?;
        let csv = scene
            .head
            .request(Method::GET, &format!("{EVENTS}?{filters}"));
        let refused = scene.head.send(csv.header("accept", "text/csv")).await?;
        refused.expect_problem(404, "not_found")?;
    }
    let administrator = administrator(&scene).await?;
    for filters in &out_of_reach[..3] {
        asked(&administrator, filters).await?.expect(200)?;
    }
    for filters in &out_of_reach[4..] {
        let refused = asked(&administrator, filters).await?;
        refused.expect_problem(404, "not_found")?;
    }
    let nobody = scene.server.client();
    a_pupil_has_a_history_in_each_school(&scene, &other, &administrator).await?;
    let pupil = nobody.sign_in(&scene.school.student.email).await?;
    for client in [scene.staff(Role::MainTeacher).await?, pupil] {
        for filters in ["", "type=x", &format!("class={class}")] {
            let refused = asked(&client, filters).await?;
            refused.expect_problem(403, "forbidden")?;
        }
    }
    nobody.get(EVENTS).await?.expect(401)?;
    Ok(())
}

/// What happened to a pupil elsewhere, before or since, is that school's business.
async fn a_pupil_has_a_history_in_each_school(
    scene: &Scene,
    other: &School,
    administrator: &Client,
) -> anyhow::Result<()> {
    let student = scene.school.without_class[0];
    let reject = json!([{ "student_id": student, "not_in_establishment": true }]);
    scene.move_students(reject).await?;
    let rejoin = RejoinEstablishment {
        establishment: other.uai.clone(),
        student,
        class: None,
    };
    let world = &scene.world;
    world.commands.execute(&world.by(), &rejoin).await?;
    let nobody = scene.server.client();
    let colleague = nobody.sign_in(other.email(Role::Head)).await?;
    let whole = ["StudentRejoined", "StudentRejected", "StudentRegistered"];
    for (client, expected) in [
        (administrator, &whole[..]),
        (&scene.head, &whole[1..]),
        (&colleague, &whole[..1]),
    ] {
        let told = all(client, &format!("student={student}"), 50).await?;
        let types: Vec<_> = told.iter().filter_map(|it| it["type"].as_str()).collect();
        ensure!(types == expected, "{told:#?}");
    }
    Ok(())
}

/// A slip of the keyboard must not pass for "nothing happened": every field at fault is named, all at
/// once.
async fn bad_filters_are_named(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let administrator = administrator(&scene).await?;
    let bad = "establishment=1&class=2&student=3&actor=4&correlation=8&type=5&since=6&until=7&limit=8000&after=9";
    let refused = asked(&administrator, bad).await?;
    let refused = refused.expect_problem(422, "validation")?;
    let errors = refused.body["errors"].as_array().context("no errors")?;
    let named: Vec<_> = errors
        .iter()
        .filter_map(|it| it["field"].as_str())
        .collect();
    let asked_for: Vec<_> = bad
        .split('&')
        .filter_map(|it| it.split('=').next())
        .collect();
    ensure!(named == asked_for, "{errors:#?}");
    let unknown = errors[5]["detail"].as_str().context("no detail")?;
    for known in ["EstablishmentListed", "StudentMoved", "ClassPurged"] {
        ensure!(unknown.contains(known), "{unknown}");
    }
    let refused = asked(&scene.head, "since=hier").await?;
    refused.expect_problem(422, "validation")?;
    Ok(())
}

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
        };
        schools.push((fictitious_uai(number)?, update));
    }
    world
        .commands
        .execute(&world.by(), &ImportDirectory { schools })
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
    ensure!(columns.len() == 13, "{columns:?}");
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
