//! Headship by the operator's hand: where the directory knows no mailbox, and when a head leaves.

use acceptance::{
    audit,
    browser::Browser,
    client::Client,
    command_line::{self, Outcome},
    engine::Engine,
    mail::{Kind, Mailbox},
    newcomer::{invitation, invited, pupil},
    on_both_engines,
    scene::Scene,
    server::Server,
    world::{Size, World, official_mailbox},
};
use anyhow::ensure;
use domain::values::{Role, StaffRole};
use serde_json::json;

on_both_engines!(
    a_college_without_a_mailbox_gets_its_head_by_invitation,
    a_new_head_takes_over_when_they_follow_their_invitation,
    a_member_of_the_staff_becomes_head_at_once,
    a_head_who_is_invited_elsewhere_learns_what_must_happen_first,
    what_makes_no_sense_is_refused,
    a_sitting_head_does_not_take_back_what_hands_their_chair_over,
    without_a_main_teacher_it_is_said_that_pupils_cannot_sign_up,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 1,
    without_class: 0,
};

const NEW_HEAD: &str = "nouvelle.principale@ac-demo.test";

fn admin(world: &World, command: &str, uai: &str, email: &str) -> anyhow::Result<Outcome> {
    let args = ["admin", command, "--uai", uai, "--email", email];
    command_line::run(&world.database.url, &args)
}

async fn follow(nobody: &Client, mailbox: &Mailbox, email: &str) -> anyhow::Result<Client> {
    let token = mailbox.token(email, Kind::Invitation).await?;
    let mut form = invited(&token);
    form["first_name"] = json!("Dominique");
    form["last_name"] = json!("Exemple");
    nobody.sign_up(&form).await?.expect(202)?;
    nobody.sign_in(email).await
}

/// A few collèges are listed without a mailbox. Their heads telephone, the operator checks, and from
/// then on they work like any other.
async fn a_college_without_a_mailbox_gets_its_head_by_invitation(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.listed_school_without_mailbox().await?;
    let server = Server::start(&world.database.url)?;
    let (nobody, mailbox) = (server.client(), server.mailbox());
    admin(
        &world,
        "invite-head",
        uai.as_str(),
        "principale@ailleurs.test",
    )?
    .ended(0)?;
    let head = follow(&nobody, &mailbox, "principale@ailleurs.test").await?;
    let account = head.account().await?;
    ensure!(
        account["role"] == "head" && account["uai"] == uai.as_str(),
        "{account}"
    );
    let path = format!("/api/v1/establishments/{uai}");
    let school = nobody.get(&path).await?.expect(200)?;
    ensure!(school.body["registered"] == true, "{school:#?}");
    let form = invitation(Role::MainTeacher, "prof@ailleurs.test");
    let invitations = format!("{path}/invitations");
    head.post(&invitations, form).await?.expect(201)?;
    let teacher = follow(&nobody, &mailbox, "prof@ailleurs.test").await?;
    ensure!(teacher.account().await?["uai"] == uai.as_str());
    world.mail_settled().await?;
    audit::everything(world.store()).await?;
    Ok(())
}

/// Heads change school every summer. The old one must not keep the keys, nor lose them before the
/// new one is there; and years later it must show who was in charge when.
async fn a_new_head_takes_over_when_they_follow_their_invitation(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let uai = scene.school.uai.as_str();
    admin(&scene.world, "invite-head", uai, NEW_HEAD)?.ended(0)?;
    let waiting = scene.head.account().await?;
    ensure!(waiting["role"] == "head", "{waiting}");
    let head = follow(&nobody, &scene.mailbox, NEW_HEAD).await?;
    ensure!(head.account().await?["role"] == "head");
    taken_over(&scene, &head).await
}

/// The deputy takes over from one day to the next: no message, no form.
async fn a_member_of_the_staff_becomes_head_at_once(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let uai = scene.school.uai.as_str();
    let teacher = scene.school.email(Role::MainTeacher);
    let before = scene.staff(Role::MainTeacher).await?;
    let class = json!({ "class_id": scene.school.class(0) });
    before
        .put("/api/v1/session/class", class)
        .await?
        .expect(200)?;
    let id = before.account().await?["id"].clone();
    admin(&scene.world, "replace-head", uai, teacher)?.ended(0)?;
    let head = nobody.sign_in(teacher).await?;
    let account = head.account().await?;
    ensure!(
        account["role"] == "head" && account["id"] == id,
        "{account}"
    );
    taken_over(&scene, &head).await
}

async fn taken_over(scene: &Scene, head: &Client) -> anyhow::Result<()> {
    let out = scene.head.get(&scene.school.path("/classes")).await?;
    out.expect_problem(401, "unauthenticated")?;
    let old = scene.school.email(Role::Head);
    let old = scene.server.client().sign_in(old).await?;
    ensure!(old.account().await?["uai"].is_null());
    let staff = head.get(&scene.school.path("/staff")).await?.expect(200)?;
    let heads = staff.items()?.iter().filter(|item| item["role"] == "head");
    ensure!(heads.count() == 1, "{staff:#?}");
    let replaced = "SELECT COUNT(*) FROM events WHERE event_type = 'HeadReplaced'";
    ensure!(scene.world.count(replaced).await? == 1);
    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invitations = scene.school.path("/invitations");
    head.post(&invitations, form).await?.expect(201)?;
    announced(scene, head).await?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Whoever reads the official mailbox must be able to say "that is not our head": it is told who is.
async fn announced(scene: &Scene, head: &Client) -> anyhow::Result<()> {
    let mailbox = official_mailbox(&scene.school.uai);
    let told = scene.mailbox.next(&mailbox, Kind::HeadActivated).await?;
    let account = head.account().await?;
    let name = |part: &str| account[part].as_str().unwrap_or("nobody").to_owned();
    let name = format!("{} {}", name("first_name"), name("last_name"));
    ensure!(told.text.contains(&name), "{name} is not in {told:#?}");
    scene.world.mail_settled().await?;
    ensure!(scene.mailbox.count(&mailbox, Kind::HeadActivated)? == 1);
    Ok(())
}

/// A head is appointed elsewhere, and invited there before anybody took over. No head can take them off
/// the staff: the answer must name the way that there is.
async fn a_head_who_is_invited_elsewhere_learns_what_must_happen_first(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let nobody = scene.server.client();
    let next = scene.world.school(OPEN).await?;
    let head = scene.school.email(Role::Head);
    let token = scene
        .world
        .invited(StaffRole::Head, None, &next.uai, head)
        .await?;
    let refused = nobody.sign_up(&invited(&token)).await?;
    let refused = refused.expect_problem(409, "conflict")?;
    let told = refused.text_at("/detail")?;
    ensure!(
        told.contains("support") && !told.contains("retirer"),
        "{told}"
    );
    let (uai, deputy) = (scene.school.uai.as_str(), Role::MainTeacher);
    admin(
        &scene.world,
        "replace-head",
        uai,
        scene.school.email(deputy),
    )?
    .ended(0)?;
    nobody.sign_up(&invited(&token)).await?.expect(202)?;
    let account = nobody.sign_in(head).await?.account().await?;
    ensure!(account["uai"] == next.uai.as_str(), "{account}");
    Ok(())
}

/// An operator's slip must be told with words and the exit code of wrong usage, and change nothing.
async fn what_makes_no_sense_is_refused(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    let excluded = scene.world.listed_school(None).await?;
    let uai = scene.school.uai.as_str();
    let waiting = "en.attente@ac-demo.test";
    let form = pupil(&scene.school.uai, waiting, None);
    scene.server.client().sign_up(&form).await?.expect(202)?;
    let before = scene.world.event_count().await?;
    let student = scene.school.student.email.as_str();
    let head = scene.school.email(Role::Head);
    for (command, uai, email) in [
        ("invite-head", "9999999Z", NEW_HEAD),
        ("invite-head", "0132572A", NEW_HEAD),
        ("invite-head", excluded.as_str(), NEW_HEAD),
        ("invite-head", uai, "pas une adresse"),
        ("invite-head", uai, head),
        ("replace-head", "0132572A", NEW_HEAD),
        ("replace-head", uai, "pas une adresse"),
        ("replace-head", uai, "personne@ac-demo.test"),
        ("replace-head", uai, waiting),
        ("replace-head", uai, student),
        ("replace-head", excluded.as_str(), head),
    ] {
        let refused = admin(&scene.world, command, uai, email)?;
        ensure!(
            refused.code == 2 && !refused.err.is_empty(),
            "{command} {uai} {email}: {refused:#?}"
        );
    }
    for args in [
        &["admin", "invite-head"][..],
        &["admin", "invite-head", "--uai", uai],
        &["admin", "replace-head", "--email", NEW_HEAD],
    ] {
        command_line::run(&scene.world.database.url, args)?.ended(2)?;
    }
    ensure!(scene.world.event_count().await? == before);
    ensure!(scene.head.account().await?["role"] == "head");
    Ok(())
}

/// An administrator hands headship over, perhaps because the head must go. Whoever is in the chair sees the
/// invitation, by which they learn of it, and keeps it from nobody.
async fn a_sitting_head_does_not_take_back_what_hands_their_chair_over(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, OPEN).await?;
    admin(
        &scene.world,
        "invite-head",
        scene.school.uai.as_str(),
        NEW_HEAD,
    )?
    .ended(0)?;
    let invitations = scene.school.path("/invitations");
    let pending = scene.head.get(&invitations).await?.expect(200)?;
    let id = pending.text_at("/items/0/id")?;
    let before = scene.world.event_count().await?;
    let refused = scene
        .head
        .delete(&format!("/api/v1/invitations/{id}"))
        .await?;
    let refused = refused.expect_problem(403, "forbidden")?;
    ensure!(
        refused.text_at("/detail")?.contains("administrateur"),
        "{refused:#?}"
    );

    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let page = browser
        .open("/etablissement/personnels")
        .await?
        .expect(200)?;
    ensure!(page.html.contains(&format!("/invitations/{id}/renvoyer")));
    ensure!(!page.html.contains(&format!("/invitations/{id}/annuler")));
    let refused = browser
        .send(&format!("/invitations/{id}/annuler"), &[])
        .await?;
    refused.expect(403)?.shows("qui seul peut l'annuler")?;
    ensure!(scene.world.event_count().await? == before);
    follow(&scene.server.client(), &scene.mailbox, NEW_HEAD).await?;
    Ok(())
}

/// The only main teacher becomes head, and from then on no pupil gets in. The operator who appoints them hears
/// so, and so does whoever looks at the staff: not the pupils first.
async fn without_a_main_teacher_it_is_said_that_pupils_cannot_sign_up(
    engine: Engine,
) -> anyhow::Result<()> {
    const SAID: &str = "Les élèves ne peuvent pas s'inscrire pour le moment";
    let scene = Scene::new(engine, OPEN).await?;
    let uai = scene.school.uai.as_str();
    let (teacher, deputy) = (
        scene.school.email(Role::MainTeacher),
        scene.school.email(Role::Teacher),
    );
    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(deputy).await?;
    let page = browser
        .open("/etablissement/personnels")
        .await?
        .expect(200)?;
    ensure!(!page.text().contains(SAID), "{page:#?}");

    let invited = admin(&scene.world, "invite-head", uai, teacher)?.ended(0)?;
    ensure!(
        invited.out.contains("seul professeur principal"),
        "{invited:#?}"
    );
    let appointed = admin(&scene.world, "replace-head", uai, teacher)?.ended(0)?;
    ensure!(
        appointed
            .out
            .contains("les élèves ne peuvent pas s'inscrire"),
        "{appointed:#?}"
    );
    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(teacher).await?;
    let page = browser
        .open("/etablissement/personnels")
        .await?
        .expect(200)?;
    page.shows(SAID)?.shows("Invitez-en un.")?;

    let school = scene
        .server
        .client()
        .get(&scene.school.path(""))
        .await?
        .expect(200)?;
    ensure!(school.body["open_to"] == json!(["staff"]), "{school:#?}");
    scene
        .world
        .colleague(&scene.school.uai, StaffRole::MainTeacher, 7)
        .await?;
    let page = browser
        .open("/etablissement/personnels")
        .await?
        .expect(200)?;
    ensure!(!page.text().contains(SAID), "{page:#?}");
    Ok(())
}
