//! What people type on their way in, by every door.

use acceptance::{
    client::Client,
    command_line,
    engine::Engine,
    mail::{Kind, Mailbox},
    newcomer::{invitation, invited, pupil},
    on_both_engines, replay,
    scene::Scene,
    smtp::MailServer,
};
use anyhow::ensure;
use domain::values::Role;
use serde_json::{Value, json};

use super::{EVERYTHING_LOGGED, NEWCOMERS};

on_both_engines!(
    nor_is_anything_of_those_who_sign_up_with_mail_in_files,
    nor_is_anything_of_those_who_sign_up_with_mail_over_smtp,
);

/// What people type on their way in, none of which any other text could hold by chance.
const MARKS: [&str; 8] = [
    "Barnabulle",
    "Poirrouge",
    "Clafoutine",
    "Trifouillis",
    "2010-02-28",
    "marque.deposee",
    "arc-en-ciel en conserve",
    "parapluie sous verre",
];

/// Signing up is where most of what is personal comes in, through more doors than any other: the
/// form, the invitation, the message, the link, the password typed wrong. It must end in the tables
/// that erasing a person empties, and the secrets in none.
async fn nor_is_anything_of_those_who_sign_up_with_mail_in_files(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::with(engine, NEWCOMERS, &[EVERYTHING_LOGGED]).await?;
    let mailbox = scene.mailbox.clone();
    signing_up_leaves_no_trace(&scene, &mailbox).await
}

/// A mail server's answers quote the address; what is logged of them must not.
async fn nor_is_anything_of_those_who_sign_up_with_mail_over_smtp(
    engine: Engine,
) -> anyhow::Result<()> {
    let mail = MailServer::start()?;
    mail.refuse("refusee.marque.deposee@famille.test");
    let url = mail.url();
    let settings = [EVERYTHING_LOGGED, ("MONSTAGE_MAIL_URL", &url)];
    let scene = Scene::with(engine, NEWCOMERS, &settings).await?;
    signing_up_leaves_no_trace(&scene, &mail.mailbox()).await
}

async fn signing_up_leaves_no_trace(scene: &Scene, mailbox: &Mailbox) -> anyhow::Result<()> {
    let nobody = scene.server.client();
    let tokens = everybody_comes(scene, &nobody, mailbox).await?;
    scene.world.mail_settled().await?;

    let mut reader = scene.world.store().reader().await?;
    let events = replay::rows(&mut reader.conn(), "events").await?;
    let events = events.into_iter().collect::<Vec<_>>().join("\n");
    drop(reader);
    let metrics = scene.head.get("/metrics").await?.expect(200)?.text;
    let log = scene.server.log_with("/metrics")?;
    ensure!(log.contains("TRACE"), "not everything is logged: {log}");
    let secrets = tokens.iter().map(String::as_str);
    for secret in secrets.chain(MARKS) {
        for (place, text) in [("events", &events), ("log", &log), ("metrics", &metrics)] {
            ensure!(
                !text.contains(secret),
                "{secret} stands in the {place}: {text}"
            );
        }
    }
    let dump = replay::dump(scene.world.store()).await?;
    ensure!(
        dump.contains("Poirrouge"),
        "the names are in the database: {dump}"
    );
    let passwords = ["arc-en-ciel en conserve", "parapluie sous verre"];
    for secret in tokens.iter().map(String::as_str).chain(passwords) {
        ensure!(!dump.contains(secret), "{secret} stands in {dump}");
    }
    Ok(())
}

/// Comes in by every door, and gives the tokens that were handed out.
async fn everybody_comes(
    scene: &Scene,
    nobody: &Client,
    mailbox: &Mailbox,
) -> anyhow::Result<Vec<String>> {
    const PASSWORD: &str = "arc-en-ciel en conserve";
    let marked = |mut form: Value| {
        form["first_name"] = json!("Barnabulle");
        form["last_name"] = json!("Poirrouge");
        if form["role"] == "student" {
            form["birth_date"] = json!("2010-02-28");
        }
        form
    };
    let uai = &scene.school.uai;
    let mut tokens = Vec::new();

    // A pupil: badly, well, by a message sent again; signed in badly and well; rejected.
    let email = "noa.marque.deposee@famille.test";
    let mut form = marked(pupil(uai, email, None));
    form["birth_date"] = json!("2010-02-28 ?");
    nobody.sign_up(&form).await?.expect(422)?;
    form["birth_date"] = json!("2010-02-28");
    nobody.sign_up(&form).await?.expect(202)?;
    tokens.push(mailbox.token(email, Kind::Activation).await?);
    nobody.resend_activation(email).await?.expect(202)?;
    let token = mailbox.token(email, Kind::Activation).await?;
    let activated = nobody.activate_with(&token, PASSWORD).await?.expect(200)?;
    tokens.extend([token, activated.text_at("/token")?]);
    nobody
        .try_sign_in(email, "parapluie sous verre")
        .await?
        .expect(401)?;
    let session = nobody.try_sign_in(email, PASSWORD).await?.expect(201)?;
    tokens.push(session.text_at("/token")?);
    let id = activated.text_at("/account/id")?;
    let reject = json!([{ "student_id": id, "not_in_establishment": true }]);
    scene.move_students(reject).await?;
    nobody.sign_up(&form).await?.expect(202)?;
    mailbox.next(email, Kind::AlreadyKnown).await?;

    // One whose mail server does not know them; to the folder it goes like any other.
    let refused = pupil(uai, "refusee.marque.deposee@famille.test", None);
    nobody.sign_up(&marked(refused)).await?.expect(202)?;

    // A colleague by invitation, who forgets the password.
    let email = "prof.marque.deposee@ac-demo.test";
    let mut form = invitation(Role::Teacher, email);
    form["first_name"] = json!("Clafoutine");
    form["last_name"] = json!("Trifouillis");
    let invitations = scene.school.path("/invitations");
    scene.head.post(&invitations, form).await?.expect(201)?;
    let token = mailbox.token(email, Kind::Invitation).await?;
    let mut form = invited(&token);
    form["password"] = json!(PASSWORD);
    tokens.push(token);
    nobody.sign_up(&form).await?.expect(202)?;
    nobody.forget_password(email).await?.expect(202)?;
    let token = mailbox.token(email, Kind::PasswordReset).await?;
    nobody
        .set_password(&token, "parapluie sous verre")
        .await?
        .expect(204)?;
    tokens.push(token);

    // A head by the operator's hand.
    let email = "tete.marque.deposee@ac-demo.test";
    let args = [
        "admin",
        "invite-head",
        "--uai",
        uai.as_str(),
        "--email",
        email,
    ];
    command_line::run(&scene.world.database.url, &args)?.ended(0)?;
    tokens.push(mailbox.token(email, Kind::Invitation).await?);
    Ok(tokens)
}
