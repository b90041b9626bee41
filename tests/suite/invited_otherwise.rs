//! Somebody whom an invitation awaits signs up by the ordinary form: they come once, and nothing goes on
//! waiting for them.

use acceptance::{
    audit,
    client::{Answer, Client},
    command_line,
    engine::Engine,
    mail::Kind,
    newcomer::{invitation, invited, pupil, staff},
    on_both_engines,
    scene::Scene,
    world::Size,
};
use anyhow::{Context as _, ensure};
use domain::values::{Priority, Role};
use serde_json::{Value, json};

on_both_engines!(
    whoever_signs_up_as_they_were_invited_follows_the_invitation,
    whoever_signs_up_as_something_else_ends_the_invitation,
    an_invited_head_who_signs_up_registers_the_establishment,
    an_invitation_to_another_establishment_waits_on,
);

const OPEN: Size = Size {
    classes: 2,
    students_per_class: 0,
    without_class: 0,
};

const INVITED: &str = "invitee@ac-demo.test";

async fn invite(scene: &Scene, form: &Value) -> anyhow::Result<(String, String)> {
    let path = scene.school.path("/invitations");
    let sent = scene.head.post(&path, form.clone()).await?.expect(201)?;
    let token = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    Ok((sent.text_at("/id")?, token))
}

/// The newest event of this type in the school's history, as its head sees it.
async fn newest(scene: &Scene, kind: &str) -> anyhow::Result<Value> {
    let uai = &scene.school.uai;
    let path = format!("/api/v1/audit/events?establishment={uai}&type={kind}&limit=1");
    let events = scene.head.get(&path).await?.expect(200)?;
    let newest = events.items()?.first().cloned();
    newest.with_context(|| format!("no {kind}"))
}

/// Nothing waits for anybody: no invitation, no name or address of an invited person, no link.
async fn nothing_waits(scene: &Scene) -> anyhow::Result<()> {
    for waiting in [
        "SELECT COUNT(*) FROM invitations",
        "SELECT COUNT(*) FROM invitees",
        "SELECT COUNT(*) FROM tokens",
        "SELECT COUNT(*) FROM people p \
         WHERE NOT EXISTS (SELECT 1 FROM staff s WHERE s.staff_id = p.id) \
           AND NOT EXISTS (SELECT 1 FROM roster r WHERE r.student_id = p.id)",
    ] {
        ensure!(scene.world.count(waiting).await? == 0, "{waiting}");
    }
    audit::everything(scene.world.store()).await?;
    Ok(())
}

async fn prefill(nobody: &Client, token: &str) -> anyhow::Result<Answer> {
    let body = json!({ "token": token });
    nobody.post("/api/v1/accounts/invitation", body).await
}

/// Told by the head that "you are invited", many go to the site before they look into their mail. The
/// head must see that they came, and they the class that was meant for them.
async fn whoever_signs_up_as_they_were_invited_follows_the_invitation(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let class = scene.school.class(1).to_string();
    let mut form = invitation(Role::MainTeacher, INVITED);
    form["class_id"] = json!(class);
    let (id, token) = invite(&scene, &form).await?;
    let form = staff(Role::MainTeacher, &scene.school.uai, INVITED);
    let teacher = nobody.join(&scene.mailbox, &form).await?.account().await?;
    ensure!(teacher["class_id"] == class.as_str(), "{teacher}");
    let joined = newest(&scene, "StaffJoined").await?;
    ensure!(
        joined["data"]["invitation"] == id.as_str() && joined["actor"]["id"] == teacher["id"],
        "{joined:#}"
    );
    for answer in [
        prefill(&nobody, &token).await?,
        nobody.sign_up(&invited(&token)).await?,
    ] {
        answer.expect_problem(410, "token_invalid")?;
    }
    scene.world.mail_settled().await?;
    nothing_waits(&scene).await
}

/// The head thought of a colleague as a teacher who says that they are the counsellor; or took the
/// address of a pupil. Who they are is what they signed up as, and the invitation has no purpose left.
async fn whoever_signs_up_as_something_else_ends_the_invitation(
    engine: Engine,
) -> anyhow::Result<()> {
    for role in [Role::Counsellor, Role::Student] {
        let scene = Scene::new(engine, OPEN).await?;
        let nobody = scene.server.client();
        let (id, token) = invite(&scene, &invitation(Role::MainTeacher, INVITED)).await?;
        let uai = &scene.school.uai;
        // Their class is gone by the time they come.
        let gone = scene.world.class(uai, "3e fermée").await?.to_string();
        let form = match role {
            Role::Student => pupil(uai, INVITED, Some(&gone)),
            _ => staff(role, uai, INVITED),
        };
        nobody.sign_up(&form).await?.expect(202)?;
        let class = format!("/api/v1/classes/{gone}");
        scene.head.delete(&class).await?.expect(204)?;
        let activation = scene.mailbox.token(INVITED, Kind::Activation).await?;
        nobody.activate(&activation).await?.expect(200)?;
        let account = nobody.sign_in(INVITED).await?.account().await?;
        ensure!(account["role"] == role.as_str(), "{account}");
        let revoked = newest(&scene, "InvitationRevoked").await?;
        ensure!(revoked["data"]["invitation"] == id.as_str(), "{revoked:#}");
        let dead = prefill(&nobody, &token).await?;
        dead.expect_problem(410, "token_invalid")?;
        scene.world.mail_settled().await?;
        nothing_waits(&scene).await?;
    }
    Ok(())
}

/// The operator sent the invitation, and the head found the form first: there is one head, one
/// registration, and no second key to the school in a mailbox.
async fn an_invited_head_who_signs_up_registers_the_establishment(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let uai = scene.world.listed_school(Some(Priority::Rep)).await?;
    let args = [
        "admin",
        "invite-head",
        "--uai",
        uai.as_str(),
        "--email",
        INVITED,
    ];
    command_line::run(&scene.world.database.url, &args)?.ended(0)?;
    let token = scene.mailbox.token(INVITED, Kind::Invitation).await?;
    let form = staff(Role::Head, &uai, INVITED);
    let head = nobody.join(&scene.mailbox, &form).await?.account().await?;
    ensure!(
        head["role"] == "head" && head["uai"] == uai.as_str(),
        "{head}"
    );
    let again = nobody.sign_up(&invited(&token)).await?;
    again.expect_problem(410, "token_invalid")?;
    scene.world.mail_settled().await?;
    nothing_waits(&scene).await
}

/// Two schools may want the same teacher. Which of them they join is theirs to say, and the other
/// head's invitation stays that head's.
async fn an_invitation_to_another_establishment_waits_on(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let neighbour = scene.world.school(OPEN).await?;
    let nobody = scene.server.client();
    invite(&scene, &invitation(Role::Teacher, INVITED)).await?;
    let form = staff(Role::Teacher, &neighbour.uai, INVITED);
    let teacher = nobody.join(&scene.mailbox, &form).await?.account().await?;
    ensure!(teacher["uai"] == neighbour.uai.as_str(), "{teacher}");
    let list = scene.head.get(&scene.school.path("/invitations")).await?;
    let list = list.expect(200)?;
    ensure!(list.items()?.len() == 1, "{list:#?}");
    audit::everything(scene.world.store()).await?;
    Ok(())
}
