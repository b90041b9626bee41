//! What people find on the first day of the new year.

use acceptance::{
    audit, command_line,
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited},
    on_both_engines,
    scene::Scene,
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::values::Role;
use serde_json::{Value, json};

use super::{SIZE, opened};

on_both_engines!(
    staff_begin_with_empty_lists_and_pupils_come_back,
    main_teachers_and_invitations_begin_anew,
    last_years_lists_can_still_be_looked_at,
);

fn class(name: &str) -> Value {
    json!({ "name": name, "track": "troisieme_generale" })
}

/// Nobody may have to wait or to ask for help: the list is empty, last year's names are free again, and a
/// pupil who repeats the year joins with the account they have.
async fn staff_begin_with_empty_lists_and_pupils_come_back(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let pupil = scene.server.client();
    let pupil = pupil.sign_in(&scene.school.student.email).await?;
    let uai = scene.school.uai.as_str();
    ensure!(pupil.account().await?["uai"] == uai);
    opened(&scene.world, &[])?;

    let list = scene.classes().await?;
    ensure!(list["items"] == json!([]) && list["students_without_class"] == 0);
    let students = scene.school.path("/students");
    ensure!(
        scene
            .head
            .get(&students)
            .await?
            .expect(200)?
            .items()?
            .is_empty()
    );
    let old = format!("/api/v1/classes/{}", scene.school.class(0));
    scene
        .head
        .get(&old)
        .await?
        .expect_problem(404, "not_found")?;
    let classes = scene.school.path("/classes");
    let created = scene
        .head
        .post(&classes, class("3e A"))
        .await?
        .expect(201)?;
    let year = scene.world.next_school_year()?.year();
    ensure!(created.body["school_year"] == year, "{created:#?}");

    let account = pupil.account().await?;
    ensure!(
        account["uai"].is_null() && account["class_id"].is_null(),
        "{account}"
    );
    let id = created.text_at("/id")?;
    let join = json!({ "uai": uai, "class_id": id });
    let joined = pupil
        .put("/api/v1/me/establishment", join)
        .await?
        .expect(200)?;
    ensure!(joined.body["account"]["class_id"] == *id, "{joined:#?}");
    ensure!(joined.body["account"]["id"] == account["id"]);

    let events = scene.world.event_count().await?;
    opened(&scene.world, &[])?;
    ensure!(scene.world.event_count().await? == events);
    ensure!(scene.student_count(&id).await? == 1);
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// "Ma classe" of a class that is gone would send whoever opens it to an error; and a link that was sent last
/// year would bring somebody in whom nobody expects any more.
async fn main_teachers_and_invitations_begin_anew(engine: Engine) -> anyhow::Result<()> {
    const EMAIL: &str = "invitee@ac-demo.test";
    let settings = [("MONSTAGE_STAFF_EMAIL", "any")];
    let scene = Scene::with(engine, SIZE, &settings).await?;
    let teacher = scene.staff(Role::MainTeacher).await?;
    let choice = json!({ "class_id": scene.school.class(0) });
    let choose = |choice| teacher.put("/api/v1/session/class", choice);
    choose(choice.clone()).await?.expect(200)?;
    let invitations = scene.school.path("/invitations");
    let mut form = invitation(Role::MainTeacher, EMAIL);
    form["class_id"] = choice["class_id"].clone();
    scene.head.post(&invitations, form).await?.expect(201)?;
    let token = scene.mailbox.token(EMAIL, Kind::Invitation).await?;
    let report = opened(&scene.world, &[])?;
    ensure!(report["totals"]["invitations"] == 1, "{report:#}");

    let account = teacher.account().await?;
    ensure!(account["class_id"].is_null(), "{account}");
    ensure!(account["uai"] == scene.school.uai.as_str());
    choose(choice).await?.expect(404)?;
    let classes = scene.school.path("/classes");
    let created = scene.head.post(&classes, class("3e B")).await?;
    let new = json!({ "class_id": created.expect(201)?.text_at("/id")? });
    choose(new.clone()).await?.expect(200)?;
    ensure!(teacher.account().await?["class_id"] == new["class_id"]);

    let nobody = scene.server.client();
    let body = json!({ "token": token });
    let shown = nobody.post("/api/v1/accounts/invitation", body).await?;
    shown.expect_problem(410, "token_invalid")?;
    let followed = nobody.sign_up(&invited(&token)).await?;
    followed.expect_problem(410, "token_invalid")?;
    ensure!(
        scene
            .head
            .get(&invitations)
            .await?
            .expect(200)?
            .items()?
            .is_empty()
    );
    let form = invitation(Role::Teacher, EMAIL);
    scene.head.post(&invitations, form).await?.expect(201)?;
    let token = scene.mailbox.token(EMAIL, Kind::Invitation).await?;
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    ensure!(nobody.sign_in(EMAIL).await?.account().await?["uai"] == scene.school.uai.as_str());
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// A family asks in October which class their child was in. The lists of last year are as they were up to
/// the last microsecond, with their names.
async fn last_years_lists_can_still_be_looked_at(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let lists = |at: DateTime<Utc>| {
        let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let uai = scene.school.uai.as_str();
        let args = ["audit", "as-of", &at, "--uai", uai, "--json"];
        let lists = command_line::run(&scene.world.database.url, &args)?;
        lists.ended(0)?.json()
    };
    let before = scene.world.commands.clock().now();
    let last_year = lists(before)?;
    let report = opened(&scene.world, &[])?;
    let after: DateTime<Utc> = report["finished_at"].as_str().context("when")?.parse()?;
    let mut remembered = lists(before)?;
    ensure!(remembered == last_year, "{remembered:#}");
    let classes = remembered["items"].as_array_mut().context("items")?;
    ensure!(classes.len() == 2);
    for (class, (id, students)) in classes.iter().zip(&scene.school.classes) {
        ensure!(class["id"] == id.to_string(), "{class:#}");
        let listed = class["students"].as_array().context("students")?;
        ensure!(listed.len() == students.len() && listed[0]["last_name"] == "Exemple");
    }
    ensure!(lists(after)?["items"] == json!([]));
    Ok(())
}
