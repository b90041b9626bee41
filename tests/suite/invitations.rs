//! Invitations: the head vouches for somebody, by name and address.

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited},
    on_both_engines,
    scene::Scene,
    world::{School, Size},
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::{Value, json};

on_both_engines!(
    an_invitation_is_listed_until_it_is_followed,
    a_revoked_invitation_opens_nothing,
    an_invitation_sent_again_has_a_new_link,
    an_expired_invitation_shows_as_such_and_opens_nothing,
    an_invitation_and_its_link_end_each_by_itself,
    only_the_invited_person_follows_it,
    only_the_head_of_the_school_invites,
    who_may_not_be_invited,
    a_class_deleted_meanwhile_is_left_out,
);

const OPEN: Size = Size {
    classes: 2,
    students_per_class: 0,
    without_class: 0,
};

const INVITED: &str = "invitee@ac-demo.test";

async fn invite(scene: &Scene, form: &Value) -> anyhow::Result<Answer> {
    let path = scene.school.path("/invitations");
    scene.head.post(&path, form.clone()).await
}

/// Invites somebody, and gives the invitation's path and the token in its message.
async fn invite_somebody(scene: &Scene, form: &Value) -> anyhow::Result<(String, String)> {
    let sent = invite(scene, form).await?.expect(201)?;
    let path = format!("/api/v1/invitations/{}", sent.text_at("/id")?);
    let email = form["email"].as_str().context("an address")?;
    Ok((path, scene.mailbox.token(email, Kind::Invitation).await?))
}

async fn pending(scene: &Scene) -> anyhow::Result<Vec<Value>> {
    let list = scene.head.get(&scene.school.path("/invitations")).await?;
    Ok(list.expect(200)?.items()?.clone())
}

async fn prefill(nobody: &Client, token: &str) -> anyhow::Result<Answer> {
    let body = json!({ "token": token });
    nobody.post("/api/v1/accounts/invitation", body).await
}

async fn opens_nothing(scene: &Scene, token: &str) -> anyhow::Result<()> {
    let nobody = scene.server.client();
    let shown = prefill(&nobody, token).await?;
    shown.expect_problem(410, "token_invalid")?;
    let followed = nobody.sign_up(&invited(token)).await?;
    followed.expect_problem(410, "token_invalid")?;
    Ok(())
}

/// The head must see who was invited and has not come, and the invited person must find their form
/// filled in, with the class that was meant for them theirs when they come.
async fn an_invitation_is_listed_until_it_is_followed(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let class = scene.school.class(1).to_string();
    let mut form = invitation(Role::MainTeacher, INVITED);
    form["class_id"] = json!(class);
    let sent = invite(&scene, &form).await?.expect(201)?;
    for field in ["email", "first_name", "last_name", "role", "class_id"] {
        ensure!(sent.body[field] == form[field], "{field}: {sent:#?}");
    }
    ensure!(sent.body["expired"] == false, "{sent:#?}");
    ensure!(pending(&scene).await? == std::slice::from_ref(&sent.body));

    let message = scene.mailbox.next(INVITED, Kind::Invitation).await?;
    let token = message.token()?;
    let shown = prefill(&nobody, &token).await?.expect(200)?;
    let shown = &shown.body["invitation"];
    for field in ["email", "first_name", "last_name", "role", "class_id"] {
        ensure!(shown[field] == form[field], "{field}: {shown}");
    }
    ensure!(shown["uai"] == scene.school.uai.as_str(), "{shown}");
    let looked_at = prefill(&nobody, &token).await?;
    looked_at.expect(200)?;

    let mut answer = invited(&token);
    answer["first_name"] = json!("Domitille");
    nobody.sign_up(&answer).await?.expect(202)?;
    let teacher = nobody.sign_in(INVITED).await?.account().await?;
    ensure!(teacher["first_name"] == "Domitille", "{teacher}");
    ensure!(
        teacher["last_name"] == "Exemple" && teacher["role"] == "main_teacher",
        "{teacher}"
    );
    ensure!(
        teacher["uai"] == scene.school.uai.as_str() && teacher["class_id"] == class.as_str(),
        "{teacher}"
    );
    ensure!(pending(&scene).await?.is_empty());
    let head = scene.school.email(Role::Head);
    let told = scene.mailbox.next(head, Kind::StaffJoined).await?;
    ensure!(told.text.contains("Domitille Exemple"), "{told:#?}");
    scene.world.mail_settled().await?;
    ensure!(
        scene.mailbox.count(INVITED, Kind::Activation)? == 0,
        "the invitation proved the address"
    );
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// The head invited the wrong person: taking it back must hold even though the message is there.
async fn a_revoked_invitation_opens_nothing(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let form = invitation(Role::Counsellor, INVITED);
    let (path, token) = invite_somebody(&scene, &form).await?;
    scene.head.delete(&path).await?.expect(204)?;
    opens_nothing(&scene, &token).await?;
    ensure!(pending(&scene).await?.is_empty());
    let again = scene.head.delete(&path).await?;
    again.expect_problem(404, "not_found")?;
    let again = scene
        .head
        .post(&format!("{path}/resend"), json!({}))
        .await?;
    again.expect_problem(404, "not_found")?;

    // Nor does a mistake last: they may be invited after all.
    let (_, token) = invite_somebody(&scene, &form).await?;
    let nobody = scene.server.client();
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    nobody.sign_in(INVITED).await?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Messages get lost, and links are forwarded. Sent again, the invitation lasts as long as a new one.
async fn an_invitation_sent_again_has_a_new_link(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let form = invitation(Role::Teacher, INVITED);
    let (path, old) = invite_somebody(&scene, &form).await?;
    let expires = pending(&scene).await?[0]["expires_at"].clone();
    let again = scene
        .head
        .post(&format!("{path}/resend"), json!({}))
        .await?;
    let again = again.expect(202)?;
    ensure!(again.body["email"] == INVITED, "{again:#?}");
    ensure!(
        again.text_at("/expires_at")?.as_str() > expires.as_str().unwrap_or_default(),
        "{expires}: {again:#?}"
    );
    let new = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    opens_nothing(&scene, &old).await?;
    let nobody = scene.server.client();
    nobody.sign_up(&invited(&new)).await?.expect(202)?;
    nobody.sign_in(INVITED).await?;
    Ok(())
}

/// A head who wonders why nobody comes must see that the fortnight is over, and be able to begin it
/// again.
async fn an_expired_invitation_shows_as_such_and_opens_nothing(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let form = invitation(Role::Teacher, INVITED);
    let (path, old) = invite_somebody(&scene, &form).await?;
    for sql in [
        "UPDATE invitees SET expires_at = '2020-01-01T00:00:00+00:00'",
        "UPDATE tokens SET expires_at = '2020-01-01T00:00:00+00:00'",
    ] {
        scene.world.execute(sql).await?;
    }
    let listed = pending(&scene).await?;
    ensure!(listed[0]["expired"] == true, "{listed:#?}");
    opens_nothing(&scene, &old).await?;
    let again = scene
        .head
        .post(&format!("{path}/resend"), json!({}))
        .await?;
    let again = again.expect(202)?;
    ensure!(again.body["expired"] == false, "{again:#?}");
    let new = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    let nobody = scene.server.client();
    nobody.sign_up(&invited(&new)).await?.expect(202)?;
    Ok(())
}

/// A message that left days late brings a link that is younger than its invitation. What the head sees
/// counts: where the list says that it has to be sent again, nobody comes by the old link.
async fn an_invitation_and_its_link_end_each_by_itself(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    for (email, ended, shown) in [
        (
            "une@ac-demo.test",
            "UPDATE invitees SET expires_at = '2020-01-01T00:00:00+00:00'",
            true,
        ),
        (
            "autre@ac-demo.test",
            "UPDATE tokens SET expires_at = '2020-01-01T00:00:00+00:00'",
            false,
        ),
    ] {
        let form = invitation(Role::Teacher, email);
        let (path, token) = invite_somebody(&scene, &form).await?;
        scene.world.execute(ended).await?;
        let listed = pending(&scene).await?;
        ensure!(listed[0]["expired"] == shown, "{ended}: {listed:#?}");
        opens_nothing(&scene, &token).await?;
        scene.head.delete(&path).await?.expect(204)?;
    }
    Ok(())
}

/// An invitation is for one person, in one role, in one school: whoever got hold of it must not make
/// more of it, and a slip in the form must not spend it.
async fn only_the_invited_person_follows_it(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let neighbour = scene.world.school(OPEN).await?;
    let nobody = scene.server.client();
    let form = invitation(Role::Teacher, INVITED);
    let (_, token) = invite_somebody(&scene, &form).await?;
    let before = scene.world.event_count().await?;
    for (field, value) in [
        ("email", json!("autre@ac-demo.test")),
        ("role", json!("head")),
        ("role", json!("main_teacher")),
        ("role", json!("student")),
        ("uai", json!(neighbour.uai)),
        ("password", json!("court")),
        ("first_name", json!("\u{7}")),
    ] {
        let mut answer = invited(&token);
        answer[field] = value.clone();
        let refused = nobody.sign_up(&answer).await?;
        let refused = refused
            .expect_problem(422, "validation")
            .with_context(|| format!("{field}: {value}"))?;
        let errors = refused.body["errors"].as_array().context("no errors")?;
        ensure!(
            errors.iter().any(|error| error["field"] == field),
            "{field}: {refused:#?}"
        );
    }
    ensure!(scene.world.event_count().await? == before);
    let mut answer = invited(&token);
    answer["email"] = json!("Invitee@ac-demo.test");
    answer["role"] = json!("teacher");
    answer["uai"] = json!(scene.school.uai);
    nobody.sign_up(&answer).await?.expect(202)?;
    opens_nothing(&scene, &token).await
}

/// Whoever invites decides who sees the pupils. Colleagues must ask the head, and a head of another
/// school must not even learn that an invitation is there.
async fn only_the_head_of_the_school_invites(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let form = invitation(Role::Teacher, INVITED);
    let (path, token) = invite_somebody(&scene, &form).await?;
    let neighbour = scene.world.school(OPEN).await?;
    let stranger = head_of(&scene, &neighbour).await?;
    let list = scene.school.path("/invitations");
    let resend = format!("{path}/resend");
    let before = scene.world.event_count().await?;
    for role in [Role::MainTeacher, Role::Teacher, Role::Counsellor] {
        let colleague = scene.staff(role).await?;
        for answer in ask_everything(&colleague, &list, &path, &resend).await? {
            answer.expect_problem(403, "forbidden")?;
        }
    }
    for answer in ask_everything(&stranger, &list, &path, &resend).await? {
        answer.expect_problem(404, "not_found")?;
    }
    ensure!(scene.world.event_count().await? == before);
    scene.world.mail_settled().await?;
    ensure!(scene.mailbox.count(INVITED, Kind::Invitation)? == 1);
    let nobody = scene.server.client();
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    Ok(())
}

async fn head_of(scene: &Scene, school: &School) -> anyhow::Result<Client> {
    scene
        .server
        .client()
        .sign_in(school.email(Role::Head))
        .await
}

async fn ask_everything(
    client: &Client,
    list: &str,
    path: &str,
    resend: &str,
) -> anyhow::Result<[Answer; 4]> {
    let form = invitation(Role::Teacher, "encore@ac-demo.test");
    Ok([
        client.get(list).await?,
        client.post(list, form).await?,
        client.post(resend, json!({})).await?,
        client.delete(path).await?,
    ])
}

/// Two messages to one person would leave one link that does not work; a second head, two people in
/// charge; and a pupil on the staff, the lists in a family.
async fn who_may_not_be_invited(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let neighbour = scene.world.school(OPEN).await?;
    let form = invitation(Role::Teacher, INVITED);
    invite_somebody(&scene, &form).await?;
    let before = scene.world.event_count().await?;
    let upper = invitation(Role::Counsellor, "INVITEE@ac-demo.test");
    let twice = invite(&scene, &upper).await?;
    twice.expect_problem(409, "conflict")?;
    let foreign = invitation(Role::Teacher, "prof@ailleurs.test");
    let foreign = invite(&scene, &foreign).await?;
    foreign.expect_problem(422, "email_not_allowed")?;
    for role in [Role::Head, Role::Student, Role::Administrator] {
        let form = invitation(role, "autre@ac-demo.test");
        let refused = invite(&scene, &form).await?;
        refused
            .expect_problem(422, "validation")
            .with_context(|| format!("as {role:?}"))?;
    }
    let mut form = invitation(Role::MainTeacher, "autre@ac-demo.test");
    form["class_id"] = json!(neighbour.class(0));
    let refused = invite(&scene, &form).await?;
    ensure!(matches!(refused.status, 404 | 422), "{refused:#?}");
    ensure!(scene.world.event_count().await? == before);
    ensure!(pending(&scene).await?.len() == 1);
    Ok(())
}

/// A fortnight is long at the start of term: the class may be gone when its teacher comes. They must
/// get in all the same, and choose another.
async fn a_class_deleted_meanwhile_is_left_out(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let class = scene.world.class(&scene.school.uai, "3e fermée").await?;
    let mut form = invitation(Role::MainTeacher, INVITED);
    form["class_id"] = json!(class);
    let (_, token) = invite_somebody(&scene, &form).await?;
    let class = format!("/api/v1/classes/{class}");
    scene.head.delete(&class).await?.expect(204)?;
    prefill(&nobody, &token).await?.expect(200)?;
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    let teacher = nobody.sign_in(INVITED).await?;
    ensure!(teacher.account().await?["class_id"].is_null());
    let other = json!({ "class_id": scene.school.class(0) });
    teacher
        .put("/api/v1/session/class", other)
        .await?
        .expect(200)?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}
