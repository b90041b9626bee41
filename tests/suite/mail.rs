//! Messages arrive: with the mail server down, with ours killed, with one recipient refused.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use acceptance::{
    engine::Engine,
    mail::{Kind, Received},
    newcomer::{invitation, pupil, staff},
    on_both_engines,
    scene::Scene,
    server::Server,
    smtp::MailServer,
    world::{Size, official_mailbox},
};
use anyhow::ensure;
use domain::values::{Priority, Role};
use serde_json::json;
use tokio::time::sleep;

on_both_engines!(
    what_was_asked_while_the_mail_server_was_down_arrives_once,
    every_kind_that_was_asked_while_the_mail_server_was_down_arrives_once,
    what_was_asked_before_a_kill_arrives,
    what_never_arrives_is_given_up_after_days,
    a_mail_server_that_is_busy_is_asked_again,
    one_refused_recipient_holds_up_nobody,
    every_kind_of_message_is_one_that_people_can_read,
);

const OPEN: Size = Size {
    classes: 1,
    students_per_class: 0,
    without_class: 0,
};

/// Longer than the first waits of the worker, which grow with every failure.
const RECOVERED: Duration = Duration::from_secs(90);

fn setting(mail: &MailServer) -> [(&'static str, String); 1] {
    [("MONSTAGE_MAIL_URL", mail.url())]
}

async fn scene_with(engine: Engine, mail: &MailServer) -> anyhow::Result<Scene> {
    let setting = setting(mail);
    let setting = setting.each_ref().map(|(name, url)| (*name, url.as_str()));
    Scene::with(engine, OPEN, &setting).await
}

fn emails(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("eleve{number}@famille.test"))
}

/// A class signs up on the morning when the academy's mail server is being repaired. Nobody may have
/// to begin again, and nobody wants the same message ten times.
async fn what_was_asked_while_the_mail_server_was_down_arrives_once(
    engine: Engine,
) -> anyhow::Result<()> {
    let mut mail = MailServer::down()?;
    let scene = scene_with(engine, &mail).await?;
    let (nobody, mailbox) = (scene.server.client(), mail.mailbox());
    for email in emails(10) {
        let form = pupil(&scene.school.uai, &email, None);
        nobody.sign_up(&form).await?.expect(202)?;
    }
    // Long enough for some attempts to fail.
    sleep(Duration::from_secs(2)).await;
    ensure!(scene.world.count("SELECT COUNT(*) FROM outbox").await? == 10);
    mail.up()?;
    for email in emails(10) {
        let message = mailbox.next_within(&email, Kind::Activation, RECOVERED);
        let token = message.await?.token()?;
        nobody.activate(&token).await?.expect(200)?;
        nobody.sign_in(&email).await?;
    }
    scene.world.mail_settled().await?;
    for email in emails(10) {
        ensure!(mailbox.count(&email, Kind::Activation)? == 1, "{email}");
    }
    Ok(())
}

/// The other messages wait as well: a head who is not announced, or a pupil who is not told that they
/// were rejected, would learn of it by chance.
async fn every_kind_that_was_asked_while_the_mail_server_was_down_arrives_once(
    engine: Engine,
) -> anyhow::Result<()> {
    let mut mail = MailServer::down()?;
    let scene = scene_with(engine, &mail).await?;
    let (world, school) = (&scene.world, &scene.school);
    let (nobody, mailbox) = (scene.server.client(), mail.mailbox());
    let teacher = world.signed_up(Role::Teacher, &school.uai, "prof@ac-demo.test");
    nobody.activate(&teacher.await?).await?.expect(200)?;
    let uai = world.listed_school(Some(Priority::Rep)).await?;
    let head = world.signed_up(Role::Head, &uai, "principale@ac-demo.test");
    nobody.activate(&head.await?).await?.expect(200)?;
    let forgetful = school.email(Role::Counsellor);
    nobody.forget_password(forgetful).await?.expect(202)?;
    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invitations = school.path("/invitations");
    scene.head.post(&invitations, form).await?.expect(201)?;
    let reject = json!({ "student_id": school.student.id, "not_in_establishment": true });
    scene.move_students(json!([reject])).await?;
    while world.count("SELECT MAX(attempts) FROM outbox").await? == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    ensure!(world.count("SELECT COUNT(*) FROM outbox").await? == 5);
    mail.up()?;
    let official = official_mailbox(&uai);
    let awaited = [
        (school.email(Role::Head), Kind::StaffJoined),
        (&official, Kind::HeadActivated),
        (forgetful, Kind::PasswordReset),
        ("invitee@ac-demo.test", Kind::Invitation),
        (&school.student.email, Kind::StudentRejected),
    ];
    for (email, kind) in awaited {
        mailbox.next_within(email, kind, RECOVERED).await?;
    }
    world.mail_settled().await?;
    for (email, kind) in awaited {
        ensure!(mailbox.count(email, kind)? == 1, "{kind:?} to {email}");
    }
    ensure!(mailbox.all()?.len() == awaited.len());
    Ok(())
}

/// A mail server that is down for a week: what nobody waits for any more must stop, in sight of whoever
/// runs the service; what was asked for today must not stop with it.
async fn what_never_arrives_is_given_up_after_days(engine: Engine) -> anyhow::Result<()> {
    const WAITING: &str = "SELECT COUNT(*) FROM outbox WHERE given_up_at IS NULL";
    let mut mail = MailServer::down()?;
    let scene = scene_with(engine, &mail).await?;
    let (nobody, mailbox) = (scene.server.client(), mail.mailbox());
    // Counted before there is one: an alert compares with what was.
    ensure!(given_up(&scene).await? == 0);
    let [old, young] = [Role::Teacher, Role::Counsellor].map(|role| scene.school.email(role));
    nobody.forget_password(old).await?.expect(202)?;
    let aged = "UPDATE outbox SET created_at = '2020-01-01T00:00:00+00:00', \
                                  next_attempt_at = '2020-01-05T00:00:00+00:00'";
    scene.world.execute(aged).await?;
    nobody.forget_password(young).await?.expect(202)?;
    let asked = Instant::now();
    while scene.world.count(WAITING).await? > 1 {
        ensure!(asked.elapsed() < RECOVERED, "nothing is given up");
        sleep(Duration::from_millis(50)).await;
    }
    // It is counted before that is said.
    scene.server.log_with("a message is given up")?;
    ensure!(given_up(&scene).await? == 1);
    ensure!(scene.world.count("SELECT COUNT(*) FROM outbox").await? == 2);
    mail.up()?;
    let message = mailbox.next_within(young, Kind::PasswordReset, RECOVERED);
    message.await?;
    scene.world.mail_settled().await?;
    ensure!(mailbox.to(old)?.is_empty());
    ensure!(scene.world.count("SELECT COUNT(*) FROM outbox").await? == 1);
    Ok(())
}

/// Between "c'est enregistré" and the message lies a moment in which the machine may stop. Whoever
/// signed up would wait for ever.
async fn what_was_asked_before_a_kill_arrives(engine: Engine) -> anyhow::Result<()> {
    let mut mail = MailServer::down()?;
    let mut scene = scene_with(engine, &mail).await?;
    for email in emails(3) {
        let form = pupil(&scene.school.uai, &email, None);
        let answer = scene.server.client().sign_up(&form).await?;
        answer.expect(202)?;
    }
    scene.server.kill()?;
    mail.up()?;
    let setting = setting(&mail);
    let setting = setting.each_ref().map(|(name, url)| (*name, url.as_str()));
    let server = Server::start_with(&scene.world.database.url, &setting)?;
    for email in emails(3) {
        let message = mail.mailbox();
        let message = message.next_within(&email, Kind::Activation, RECOVERED);
        let token = message.await?.token()?;
        server.client().activate(&token).await?.expect(200)?;
    }
    Ok(())
}

/// Many mail servers turn a sender away at first, to see whether it comes back.
async fn a_mail_server_that_is_busy_is_asked_again(engine: Engine) -> anyhow::Result<()> {
    let mail = MailServer::start()?;
    mail.busy(true);
    let scene = scene_with(engine, &mail).await?;
    let form = pupil(&scene.school.uai, "noa@famille.test", None);
    scene.server.client().sign_up(&form).await?.expect(202)?;
    while mail.turned_away() == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    mail.busy(false);
    let mailbox = mail.mailbox();
    mailbox
        .next_within("noa@famille.test", Kind::Activation, RECOVERED)
        .await?;
    scene.world.mail_settled().await?;
    ensure!(mailbox.count("noa@famille.test", Kind::Activation)? == 1);
    Ok(())
}

/// A mistyped address is refused for good: trying for days would be useless, the others must not
/// wait behind it, and whoever runs the service must see that there are such, without seeing whose.
async fn one_refused_recipient_holds_up_nobody(engine: Engine) -> anyhow::Result<()> {
    const REFUSED: &str = "eleve1@famille.test";
    let mail = MailServer::start()?;
    mail.refuse(REFUSED);
    let scene = scene_with(engine, &mail).await?;
    let nobody = scene.server.client();
    let before = given_up(&scene).await?;
    for email in emails(4) {
        let form = pupil(&scene.school.uai, &email, None);
        nobody.sign_up(&form).await?.expect(202)?;
    }
    let mailbox = mail.mailbox();
    for email in emails(4).filter(|email| email != REFUSED) {
        mailbox.next(&email, Kind::Activation).await?;
    }
    scene.world.mail_settled().await?;
    let after = given_up(&scene).await?;
    ensure!(after == before + 1, "{before} before, {after} after");
    let log = scene.server.log();
    ensure!(
        !log.contains("famille.test"),
        "an address in the log: {log}"
    );
    ensure!(mailbox.to(REFUSED)?.is_empty());
    Ok(())
}

/// The sum over the kinds of message.
async fn given_up(scene: &Scene) -> anyhow::Result<u64> {
    let metrics = scene.head.get("/metrics").await?.expect(200)?.text;
    let lines = metrics.lines();
    let lines = lines.filter(|line| line.starts_with("monstage_mail_given_up_total"));
    let values: Vec<&str> = lines.filter_map(|line| line.rsplit(' ').next()).collect();
    ensure!(!values.is_empty(), "nothing counts them: {metrics}");
    let mut sum = 0;
    for value in values {
        sum += value.parse::<u64>()?;
    }
    Ok(sum)
}

/// Some programs show the text, others the HTML; both must say the same, in French, with the link to
/// click whole in each, and never an address or a name that was not filled in.
async fn every_kind_of_message_is_one_that_people_can_read(engine: Engine) -> anyhow::Result<()> {
    let mail = MailServer::start()?;
    let scene = scene_with(engine, &mail).await?;
    let (nobody, mailbox) = (scene.server.client(), mail.mailbox());
    let uai = scene.world.listed_school(Some(Priority::Rep)).await?;
    let form = staff(Role::Head, &uai, "principale@ac-demo.test");
    nobody.join(&mailbox, &form).await?;
    let form = staff(Role::Teacher, &uai, "prof@ac-demo.test");
    nobody.join(&mailbox, &form).await?;
    nobody.sign_up(&form).await?.expect(202)?;
    nobody
        .forget_password("prof@ac-demo.test")
        .await?
        .expect(202)?;
    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invitations = scene.school.path("/invitations");
    scene.head.post(&invitations, form).await?.expect(201)?;
    let reject = json!({ "student_id": scene.school.student.id, "not_in_establishment": true });
    scene.move_students(json!([reject])).await?;
    scene.world.mail_settled().await?;

    let messages = mailbox.all()?;
    for kind in [
        Kind::Activation,
        Kind::AlreadyKnown,
        Kind::PasswordReset,
        Kind::Invitation,
        Kind::StaffJoined,
        Kind::HeadActivated,
        Kind::StudentRejected,
    ] {
        let is_of_kind = |message: &&Received| message.kind().ok() == Some(kind);
        let message = messages.iter().find(is_of_kind);
        ensure!(message.is_some(), "no {kind:?} among {messages:#?}");
    }
    for message in &messages {
        let html = message.html.replace("&amp;", "&").replace("&#38;", "&");
        ensure!(
            message.subject.len() > 10 && message.text.contains("Mon stage de troisième"),
            "{message:#?}"
        );
        if let Ok(link) = message.link() {
            ensure!(link.as_str().starts_with(&scene.server.address), "{link}");
            ensure!(html.contains(link.as_str()), "{link} is not in {html}");
        }
        for blank in ["{{", "}}", "None", " ,"] {
            ensure!(!message.text.contains(blank), "{blank}: {message:#?}");
        }
    }
    Ok(())
}

/// A letter in other colours than the page that it leads to looks like somebody else's. No mail program reads a
/// style sheet, so that they stand in both.
#[test]
fn letters_have_the_colours_of_the_pages() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let letter = fs::read_to_string(root.join("mail/templates/mail/layout.html"))?;
    let style = fs::read_to_string(root.join("pages/src/frame/style.css"))?;
    let light = style.split("@media").next().unwrap_or_default();
    let colours: Vec<&str> = letter
        .match_indices('#')
        .filter_map(|(at, _)| letter.get(at..at + 7))
        .filter(|colour| colour[1..].chars().all(|c| c.is_ascii_hexdigit()))
        .collect();
    ensure!(colours.len() > 5, "{colours:?}");
    for colour in colours {
        ensure!(light.contains(colour), "{colour} is no colour of the pages");
    }
    Ok(())
}
