//! Signing up, activating and choosing another password, as a browser without scripts does it.

use acceptance::{
    browser::Browser,
    engine::Engine,
    mail::Kind,
    on_both_engines,
    server::Server,
    world::{PASSWORD, World},
};
use domain::values::{Priority, Role};

use super::scene;

on_both_engines!(
    a_head_signs_up_and_finds_the_classes_to_create,
    an_invitation_opens_a_form_that_is_filled_in,
    a_forgotten_password_is_replaced,
);

/// Manual, "Comment inscrire l'établissement sur monstagedetroisieme.fr ?", step by step: the collège is found
/// without JavaScript, and the link of the message leads to the page where the password is chosen, which
/// signs in.
async fn a_head_signs_up_and_finds_the_classes_to_create(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.listed_school(Some(Priority::Rep)).await?;
    let server = Server::start(&world.database.url)?;
    let mut browser = Browser::new(&server.address)?;
    let email = "principal@ac-demo.test";

    let home = browser.open("/").await?.expect(200)?;
    home.shows("Créer mon compte")?;
    let who = browser.open("/inscription").await?.expect(200)?;
    who.shows("Je suis membre de l'équipe pédagogique")?;
    let search = format!("/inscription?je=equipe&q={uai}");
    let found = browser.open(&search).await?;
    found.expect(200)?.shows(&format!("uai={uai}"))?;
    let chosen = format!("/inscription?je=equipe&uai={uai}");
    let form = browser.open(&chosen).await?;
    form.expect(200)?.shows("Je m'inscris")?;

    let mut typed = vec![
        ("uai", uai.as_str()),
        ("role", "head"),
        ("email", email),
        ("first_name", "Éléonore"),
        ("last_name", ""),
    ];
    let refused = browser.send("/inscription", &typed).await?.expect(422)?;
    refused.shows("Éléonore")?.shows("#last_name")?;
    typed[4].1 = "Dupré";
    let sent = browser.send("/inscription", &typed).await?.expect(200)?;
    sent.shows("Vous allez recevoir un courriel")?;

    let token = server.mailbox().token(email, Kind::Activation).await?;
    let page = browser.open(&format!("/activation?token={token}")).await?;
    page.expect(200)?.shows("Choisissez votre mot de passe")?;
    let short = [("token", &*token), ("password", "court")];
    let refused = browser.send("/activation", &short).await?.expect(422)?;
    refused.shows("#password")?;
    let chosen = [("token", &*token), ("password", PASSWORD)];
    let classes = browser.send("/activation", &chosen).await?.expect(200)?;
    classes.shows("pas encore de classe")?;
    Ok(())
}

/// Manual, "Comment inscrire les professeurs principaux ?": whoever was invited types a password and nothing
/// else.
async fn an_invitation_opens_a_form_that_is_filled_in(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let email = "l.moreau@ac-demo.test";
    let invitation = acceptance::newcomer::invitation(Role::MainTeacher, email);
    let path = scene.school.path("/invitations");
    scene.head.post(&path, invitation).await?.expect(201)?;
    let token = scene.mailbox.token(email, Kind::Invitation).await?;
    let link = format!("/inscription?invitation={token}");
    let form = browser.open(&link).await?;
    form.expect(200)?.shows(email)?.shows("Exemple")?;
    let typed = [
        ("invitation", &*token),
        ("role", "main_teacher"),
        ("uai", scene.school.uai.as_str()),
        ("email", email),
        ("first_name", "Dominique"),
        ("last_name", "Exemple"),
        ("password", PASSWORD),
    ];
    browser.send("/inscription", &typed).await?.expect(200)?;
    browser.sign_in(email).await?.shows("Classes")?;
    Ok(())
}

/// Manual, "Mot de passe oublié".
async fn a_forgotten_password_is_replaced(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let email = scene.school.email(Role::Head);
    let page = browser.open("/mot-de-passe/oublie").await?.expect(200)?;
    page.shows("Envoyer")?;
    let asked = [("email", email)];
    let sent = browser.send("/mot-de-passe/oublie", &asked).await?;
    sent.expect(200)?.shows("sous quelques minutes")?;
    let token = scene.mailbox.token(email, Kind::PasswordReset).await?;
    let page = browser
        .open(&format!("/mot-de-passe?token={token}"))
        .await?;
    page.expect(200)?.shows("Nouveau mot de passe")?;
    let chosen = [("token", &*token), ("password", "une autre phrase entière")];
    let signed_out = browser.send("/mot-de-passe", &chosen).await?.expect(200)?;
    signed_out.shows("Connexion")?;
    let typed = [("email", email), ("password", "une autre phrase entière")];
    let inside = browser.send("/connexion", &typed).await?.expect(200)?;
    inside.shows("Classes")?;

    let unknown = [("email", "personne@ac-demo.test")];
    let sent = browser.send("/activation/renvoi", &unknown).await?;
    sent.expect(200)?.shows("à nouveau")?;
    Ok(())
}
