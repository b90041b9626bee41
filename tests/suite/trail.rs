//! What happened, who did it, and what may be seen of it.

mod exports;
mod filters;

use acceptance::{
    client::{Answer, Client},
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{School, Size},
};
use anyhow::{Context as _, ensure};
use commands::rejoin_establishment::RejoinEstablishment;
use domain::{
    ids::{ClassId, StudentId},
    values::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

on_both_engines!(
    a_move_is_told_as_it_was,
    a_head_sees_their_own_establishment_only,
);

const EVENTS: &str = "/api/v1/audit/events";

const SMALL: Size = Size {
    classes: 2,
    students_per_class: 3,
    without_class: 1,
};

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
