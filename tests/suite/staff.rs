//! The staff of a school: "Ma classe", and people who leave.

use std::slice::from_ref;

use acceptance::{
    audit,
    client::Client,
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited},
    on_both_engines,
    scene::Scene,
    world::{Account, PASSWORD, Size},
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::{Value, json};

on_both_engines!(
    a_class_has_the_teachers_who_chose_it,
    somebody_removed_is_out_at_once,
    only_the_head_removes_and_never_themself,
    somebody_removed_may_be_invited_back,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 1,
    without_class: 0,
};

const MY_CLASS: &str = "/api/v1/session/class";

fn member(scene: &Scene, role: Role) -> anyhow::Result<&Account> {
    let mut staff = scene.school.staff.iter();
    staff
        .find(|account| account.role == role)
        .context("a member of staff")
}

fn path_of(scene: &Scene, account: &Account) -> String {
    scene.school.path(&format!("/staff/{}", account.id))
}

/// The ids of the main teachers that a class shows in the list.
async fn main_teachers(scene: &Scene, class: usize) -> anyhow::Result<Vec<Value>> {
    let list = scene.classes().await?;
    let id = json!(scene.school.class(class));
    let items = list["items"].as_array().context("a list")?;
    let item = items.iter().find(|item| item["id"] == id);
    let teachers = item.context("the class")?["main_teachers"].as_array();
    let ids = teachers.context("main teachers")?.iter();
    Ok(ids.map(|teacher| teacher["id"].clone()).collect())
}

async fn choose(client: &Client, class: Value) -> anyhow::Result<()> {
    let body = json!({ "class_id": class });
    let chosen = client.put(MY_CLASS, body).await?.expect(200)?;
    ensure!(chosen.body["account"]["class_id"] == class, "{chosen:#?}");
    ensure!(client.account().await?["class_id"] == class);
    Ok(())
}

/// "Ma classe" is how pupils and colleagues know whom to ask. It changes with a click, belongs to one
/// school, and a teacher has one.
async fn a_class_has_the_teachers_who_chose_it(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let neighbour = scene.world.school(SIZE).await?;
    let teacher = scene.staff(Role::MainTeacher).await?;
    let id = teacher.account().await?["id"].clone();
    let (first, second) = (scene.school.class(0), scene.school.class(1));
    choose(&teacher, json!(first)).await?;
    ensure!(main_teachers(&scene, 0).await? == from_ref(&id));
    choose(&teacher, json!(second)).await?;
    ensure!(main_teachers(&scene, 0).await?.is_empty());
    ensure!(main_teachers(&scene, 1).await? == from_ref(&id));
    let before = scene.world.event_count().await?;
    choose(&teacher, json!(second)).await?;
    ensure!(
        scene.world.event_count().await? == before,
        "the same choice again left events"
    );
    let foreign = json!({ "class_id": neighbour.class(0) });
    let refused = teacher.put(MY_CLASS, foreign).await?;
    refused.expect_problem(404, "not_found")?;
    ensure!(main_teachers(&scene, 1).await? == [id]);
    choose(&teacher, Value::Null).await?;
    ensure!(main_teachers(&scene, 1).await?.is_empty());

    let student = scene.server.client();
    let student = student.sign_in(&scene.school.student.email).await?;
    let refused = student.put(MY_CLASS, json!({ "class_id": first })).await?;
    refused.expect_problem(403, "forbidden")?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Somebody who left, or should never have come in, must not read one more list: not even in the tab
/// that is still open.
async fn somebody_removed_is_out_at_once(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let account = member(&scene, Role::MainTeacher)?;
    let tabs = [
        scene.staff(Role::MainTeacher).await?,
        scene.staff(Role::MainTeacher).await?,
    ];
    choose(&tabs[0], json!(scene.school.class(0))).await?;
    scene
        .head
        .delete(&path_of(&scene, account))
        .await?
        .expect(204)?;
    for tab in &tabs {
        let answer = tab.get(&scene.school.path("/classes")).await?;
        answer.expect_problem(401, "unauthenticated")?;
    }
    ensure!(main_teachers(&scene, 0).await?.is_empty());
    let staff = scene.head.get(&scene.school.path("/staff")).await?;
    let staff = staff.expect(200)?;
    ensure!(
        !staff.text.contains(&account.id.to_string()),
        "still listed: {staff:#?}"
    );
    // The account is theirs, and of no school: it opens none.
    let back = scene.server.client().sign_in(&account.email).await?;
    ensure!(back.account().await?["uai"].is_null());
    for path in ["/classes", "/students", "/staff"] {
        let answer = back.get(&scene.school.path(path)).await?;
        ensure!(matches!(answer.status, 403 | 404), "{answer:#?}");
    }
    let again = scene.head.delete(&path_of(&scene, account)).await?;
    again.expect_problem(404, "not_found")?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// A school without a head could not be helped by anybody in it; and a teacher who could remove
/// colleagues would be one.
async fn only_the_head_removes_and_never_themself(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let before = scene.world.event_count().await?;
    let head = path_of(&scene, member(&scene, Role::Head)?);
    let refused = scene.head.delete(&head).await?;
    refused.expect_problem(403, "forbidden")?;
    let teacher = path_of(&scene, member(&scene, Role::Teacher)?);
    for role in [Role::MainTeacher, Role::Counsellor, Role::Teacher] {
        let colleague = scene.staff(role).await?;
        for path in [&teacher, &head] {
            let refused = colleague.delete(path).await?;
            refused.expect_problem(403, "forbidden")?;
        }
    }
    let neighbour = scene.world.school(SIZE).await?;
    let events = scene.world.event_count().await?;
    let stranger = neighbour.staff[1].id;
    let elsewhere = scene.school.path(&format!("/staff/{stranger}"));
    let refused = scene.head.delete(&elsewhere).await?;
    refused.expect_problem(404, "not_found")?;
    ensure!(scene.world.event_count().await? == events && events > before);
    Ok(())
}

/// People come back after a year elsewhere. The history must go on as the same person's, and a
/// password from back then must not be what they need.
async fn somebody_removed_may_be_invited_back(engine: Engine) -> anyhow::Result<()> {
    const NEW: &str = "un secret pour revenir";
    let scene = Scene::new(engine, SIZE).await?;
    let nobody = scene.server.client();
    let account = member(&scene, Role::Teacher)?;
    // Who is on the staff needs no invitation.
    let form = invitation(Role::MainTeacher, &account.email);
    let invitations = scene.school.path("/invitations");
    let refused = scene.head.post(&invitations, form.clone()).await?;
    ensure!(matches!(refused.status, 409 | 422), "{refused:#?}");

    scene
        .head
        .delete(&path_of(&scene, account))
        .await?
        .expect(204)?;
    scene.head.post(&invitations, form).await?.expect(201)?;
    let token = scene.mailbox.token(&account.email, Kind::Invitation);
    let mut answer = invited(&token.await?);
    answer["password"] = json!(NEW);
    nobody.sign_up(&answer).await?.expect(202)?;
    let old = nobody.try_sign_in(&account.email, PASSWORD).await?;
    old.expect_problem(401, "credentials_invalid")?;
    let back = nobody.try_sign_in(&account.email, NEW).await?.expect(201)?;
    let back = &back.body["account"];
    ensure!(back["id"] == json!(account.id), "{back}");
    ensure!(
        back["role"] == "main_teacher" && back["uai"] == scene.school.uai.as_str(),
        "{back}"
    );
    audit::everything(scene.world.store()).await?;
    Ok(())
}
