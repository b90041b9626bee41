//! The pages, as a browser without scripts meets them.

mod administration;
mod classes;
mod history;
mod names;
mod personnels;
mod pupil;
mod roster;
mod sign_up;
mod twice;

use acceptance::{
    browser::Browser, command_line, engine::Engine, on_both_engines, scene::Scene, world::Size,
};
use anyhow::{Context as _, ensure};
use domain::values::Role;

on_both_engines!(
    somebody_signs_in_and_sees_the_classes,
    classes_are_added_and_what_was_done_is_said,
    a_form_of_another_site_does_nothing,
    a_session_that_ended_loses_nothing_that_was_typed,
    the_legal_notice_is_the_operators,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 2,
    without_class: 1,
};

const ADD: &str = "/etablissement/classes/ajouter";

/// The scene, and its head's browser.
async fn scene(engine: Engine) -> anyhow::Result<(Scene, Browser)> {
    let scene = Scene::new(engine, SIZE).await?;
    let browser = Browser::new(&scene.server.address)?;
    Ok((scene, browser))
}

/// Manual, "Comment accéder à son compte ?": whoever opens a page without being signed in signs in and
/// gets to it.
async fn somebody_signs_in_and_sees_the_classes(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let home = browser.open("/").await?.expect(200)?;
    let home = home.shows("Me connecter")?.shows("Créer mon compte")?;
    ensure!(home.header("cache-control")? == "no-store");
    ensure!(
        home.header("content-security-policy")?
            .starts_with("default-src 'none'")
    );

    let asked = browser.open("/etablissement/classes").await?.expect(200)?;
    ensure!(
        asked.path == "/connexion?retour=%2Fetablissement%2Fclasses",
        "{asked:?}"
    );
    asked.shows("Connexion")?.shows("Mot de passe oublié ?")?;

    let email = scene.school.email(Role::Head);
    let wrong = [
        ("email", email),
        ("password", "autre chose"),
        ("retour", "/etablissement/classes"),
    ];
    let refused = browser.send("/connexion", &wrong).await?.expect(401)?;
    refused
        .shows(email)?
        .shows("incorrect")?
        .shows("value=\"/etablissement/classes\"")?;

    let right = [
        ("email", email),
        ("password", acceptance::world::PASSWORD),
        ("retour", "/etablissement/classes"),
    ];
    let classes = browser.send("/connexion", &right).await?.expect(200)?;
    ensure!(classes.path == "/etablissement/classes", "{classes:?}");
    let classes = classes.shows("3e A")?.shows("Mon établissement")?;
    classes.shows("2 classes · 5 élèves")?;

    let left = browser.send("/deconnexion", &[]).await?.expect(200)?;
    ensure!(left.path == "/");
    let asked = browser.open("/etablissement/classes").await?;
    ensure!(asked.path.starts_with("/connexion"), "{asked:?}");
    browser
        .open("/nulle-part")
        .await?
        .expect(404)?
        .shows("Introuvable")?;
    Ok(())
}

/// Manual, "Comment procéder à la création des classes ?".
async fn classes_are_added_and_what_was_done_is_said(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Teacher)).await?;
    browser.open(ADD).await?.expect(200)?.shows("Enregistrer")?;
    let typed = [("name", "3e C, 3e D\r\n3e c"), ("track", "troisieme_segpa")];
    let added = browser.send(ADD, &typed).await?.expect(200)?;
    ensure!(
        added.path.starts_with("/etablissement/classes?fait="),
        "{added:?}"
    );
    let added = added.shows("Vous avez créé la classe 3e C (filière 3e SEGPA)")?;
    added.shows("Vous avez créé la classe 3e D (filière 3e SEGPA)")?;

    // Whoever gets the address is told nothing of what somebody else did.
    let mut head = Browser::new(&scene.server.address)?;
    head.sign_in(scene.school.email(Role::Head)).await?;
    let mine = browser.open("/etablissement/classes").await?;
    ensure!(!mine.text().contains("Vous avez"));

    let typed = [
        ("name", "3e E, 3E a, 3e B"),
        ("track", "troisieme_generale"),
    ];
    let refused = browser.send(ADD, &typed).await?.expect(409)?;
    let refused = refused.shows("« 3e A », « 3e B » existent déjà.")?;
    refused.shows("3e E, 3E a, 3e B")?;
    let refused = browser.send(ADD, &[("name", " ")]).await?.expect(422)?;
    refused
        .shows("Donnez un nom à la classe.")?
        .shows("Choisissez une filière.")?;
    let names = scene.classes().await?;
    let names = names["items"].as_array().map_or(0, Vec::len);
    ensure!(
        names == 4,
        "nothing of a refused list is kept, and {names} are there"
    );
    Ok(())
}

/// A signed-in head opens another site's page, which sends a form here: the browser adds the cookie, and
/// only what says where the form comes from tells that nobody here filled it in.
async fn a_form_of_another_site_does_nothing(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let mut elsewhere = browser.from_elsewhere();
    let typed = [("name", "3e C"), ("track", "troisieme_generale")];
    elsewhere.send(ADD, &typed).await?.expect(403)?;
    elsewhere.send("/deconnexion", &[]).await?.expect(403)?;
    // Nor does it sign a visitor in as somebody else.
    elsewhere.forget();
    let email = scene.school.email(Role::Teacher);
    let theirs = [("email", email), ("password", acceptance::world::PASSWORD)];
    elsewhere.send("/connexion", &theirs).await?.expect(403)?;
    let classes = browser.open("/etablissement/classes").await?.expect(200)?;
    ensure!(!classes.text().contains("3e C"));
    Ok(())
}

/// A form is filled in for half an hour, and the session ends meanwhile: after signing in it is there again,
/// and nothing was saved by itself.
async fn a_session_that_ended_loses_nothing_that_was_typed(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let email = scene.school.email(Role::Head);
    browser.sign_in(email).await?;
    browser.forget();
    let typed = [("name", "3e Œil & <i>"), ("track", "troisieme_segpa")];
    let asked = browser.send(ADD, &typed).await?.expect(401)?;
    let carried = "name=3e+%C5%92il+%26+%3Ci%3E&track=troisieme_segpa";
    let asked = asked.shows("Votre session est terminée")?;
    asked.shows(&format!("name=\"saisie\" value=\"{carried}\""))?;

    let sign_in = [
        ("email", email),
        ("password", acceptance::world::PASSWORD),
        ("retour", ADD),
        ("saisie", carried),
    ];
    let resumed = browser.send("/connexion", &sign_in).await?.expect(200)?;
    let resumed = resumed.shows("Retrouver ma saisie")?;
    resumed.shows(&format!("action=\"{ADD}\""))?;
    let again = [typed[0], typed[1], ("_revoir", "oui")];
    let form = browser.send(ADD, &again).await?.expect(200)?;
    let form = form.shows("rien n'est encore enregistré")?;
    form.shows("3e Œil & <i>")?
        .shows("value=\"troisieme_segpa\" checked")?;
    let classes = browser.open("/etablissement/classes").await?;
    ensure!(!classes.text().contains("Œil"));
    browser
        .send(ADD, &typed)
        .await?
        .expect(200)?
        .shows("Vous avez créé")?;
    Ok(())
}

/// The law wants it, and only the operator can write it: it is shown as it was written, and a server that cannot
/// read it does not start.
async fn the_legal_notice_is_the_operators(engine: Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mentions.txt");
    let name = file.to_str().context("a name")?;
    let setting = [("MONSTAGE_LEGAL_NOTICE", name)];
    std::fs::write(&file, "Rectorat <de> Démo\n\nHébergeur : Démo & fils")?;
    let scene = Scene::with(engine, SIZE, &setting).await?;
    std::fs::remove_file(&file)?;
    let mut browser = Browser::new(&scene.server.address)?;
    let home = browser.open("/").await?.expect(200)?;
    home.shows("href=\"/mentions-legales\"")?;
    let page = browser.open("/mentions-legales").await?.expect(200)?;
    let page = page.shows("Rectorat <de> Démo\n\nHébergeur : Démo & fils")?;
    ensure!(!page.html.contains("<de>"), "{page:#?}");
    let refused = command_line::run_with(&scene.world.database.url, &["serve"], &setting)?;
    let refused = refused.ended(2)?;
    ensure!(refused.err.contains("--legal-notice"), "{refused:#?}");
    ensure!(refused.err.contains("cannot be read"), "{refused:#?}");
    Ok(())
}
