//! "Ma page": what a pupil sees, and how one who is in no establishment joins one again.

use acceptance::{
    audit,
    browser::Browser,
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{Size, fictitious_uai},
};
use anyhow::ensure;
use domain::values::{Priority, Role};
use serde_json::json;

use super::{SIZE, scene};

on_both_engines!(
    a_pupil_comes_to_their_own_page,
    a_pupil_without_a_class_learns_whom_it_comes_from,
    a_rejected_pupil_joins_again,
    what_cannot_be_joined_is_said_and_changes_nothing,
    the_page_is_for_pupils_alone,
);

const PAGE: &str = "/ma-page";

/// The scene, and the browser of its pupil, signed in.
async fn at_the_pupils(engine: Engine, size: Size) -> anyhow::Result<(Scene, Browser)> {
    let scene = Scene::new(engine, size).await?;
    let mut pupil = Browser::new(&scene.server.address)?;
    let shown = pupil.sign_in(&scene.school.student.email).await?;
    ensure!(shown.path == PAGE, "{shown:?}");
    Ok((scene, pupil))
}

/// The same once the head has said that the pupil is not of the school.
async fn rejected(engine: Engine) -> anyhow::Result<(Scene, Browser)> {
    let (scene, pupil) = at_the_pupils(engine, SIZE).await?;
    let reject = json!({ "student_id": scene.school.student.id, "not_in_establishment": true });
    scene.move_students(json!([reject])).await?;
    Ok((scene, pupil))
}

/// Whoever signs in must find themselves, and nothing that is the staff's.
async fn a_pupil_comes_to_their_own_page(engine: Engine) -> anyhow::Result<()> {
    let (_scene, mut pupil) = at_the_pupils(engine, SIZE).await?;
    let page = pupil.open(PAGE).await?.expect(200)?;
    ensure!(page.header("cache-control")? == "no-store");
    let page = page
        .shows("<dd>Élève 000 Exemple</dd>")?
        .shows("<dd>14/03/2012</dd>")?
        .shows("<dd>Collège Exemple")?
        .shows("<dd>3e A</dd>")?
        .text();
    for hidden in ["Rejoindre", "Sans classe", "/etablissement"] {
        ensure!(!page.contains(hidden), "{hidden} in {page}");
    }
    Ok(())
}

/// Without a word on it, they would ask the support.
async fn a_pupil_without_a_class_learns_whom_it_comes_from(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 1,
        students_per_class: 0,
        without_class: 1,
    };
    let (_scene, mut pupil) = at_the_pupils(engine, size).await?;
    let page = pupil.open(PAGE).await?.expect(200)?;
    page.shows(
        "Vous n'avez pas encore de classe : votre professeur principal ou le chef \
         d'établissement vous en donnera une.",
    )?;
    Ok(())
}

/// Manual, "Un élève inscrit ne fait pas partie de votre établissement, que faire ?": it was a mistake, and
/// the pupil comes back by themself.
async fn a_rejected_pupil_joins_again(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut pupil) = rejected(engine).await?;
    let page = pupil.open(PAGE).await?.expect(200)?;
    page.shows("<dd>Aucun</dd>")?
        .shows("Vous n'êtes dans aucun établissement")?;
    let nothing = pupil.open("/ma-page?q=nulle+part").await?.expect(200)?;
    nothing.shows("Aucun établissement ne répond à « nulle part »")?;
    let chosen = format!("{PAGE}?uai={}", scene.school.uai);
    let found = pupil.open("/ma-page?q=valclair+exemple").await?;
    found.expect(200)?.shows(&format!("href=\"{chosen}\""))?;
    let form = pupil.open(&chosen).await?.expect(200)?;
    let form = form.shows("Je ne sais pas")?.shows(">3e B</option>")?;
    form.shows("Rejoindre cet établissement")?;

    let class = scene.school.class(1).to_string();
    let choice = [("uai", scene.school.uai.as_str()), ("class_id", &*class)];
    let joined = pupil.send(PAGE, &choice).await?.expect(200)?;
    ensure!(joined.path.starts_with("/ma-page?fait="), "{joined:?}");
    joined
        .shows("Vous avez rejoint de nouveau l'établissement")?
        .shows("Vous avez choisi la classe 3e B.")?
        .shows("<dd>3e B</dd>")?;
    ensure!(scene.student_count(&class).await? == 3);

    // A double click does it once.
    let before = scene.world.event_count().await?;
    let twice = pupil.send(PAGE, &choice).await?.expect(200)?;
    twice.shows("Rien n'a changé")?;
    ensure!(scene.world.event_count().await? == before);
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// A mistake is said beside its field, whoever comes too early learns whom to wait for, and what was chosen
/// is still there.
async fn what_cannot_be_joined_is_said_and_changes_nothing(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut pupil) = rejected(engine).await?;
    let neighbour = scene.world.school(SIZE).await?;
    let early = scene.world.listed_school(Some(Priority::Rep)).await?;
    let unknown = fictitious_uai(9_000)?;
    let (own, foreign) = (scene.school.class(0), neighbour.class(0));
    let (uai, own, foreign) = (
        scene.school.uai.as_str(),
        own.to_string(),
        foreign.to_string(),
    );
    let before = scene.world.event_count().await?;

    let none = pupil.send(PAGE, &[("uai", "")]).await?.expect(422)?;
    none.shows("id=\"uai-faute\">Choisissez l'établissement.")?;
    let unknown = unknown.as_str();
    let absent = "id=\"uai-faute\">Cet établissement ne figure pas dans l'annuaire";
    let sent = pupil.send(PAGE, &[("uai", unknown)]).await?;
    sent.expect(422)?.shows(absent)?;
    let opened = pupil.open(&format!("{PAGE}?uai={unknown}")).await?;
    opened.expect(422)?.shows(absent)?;
    let wrong = [("uai", uai), ("class_id", &*foreign)];
    let wrong = pupil.send(PAGE, &wrong).await?.expect(422)?;
    wrong.shows("id=\"class_id-faute\">Cette classe n'existe pas")?;

    let closed = "Le chef d'établissement doit d'abord inscrire le collège.";
    let opened = pupil.open(&format!("{PAGE}?uai={early}")).await?;
    let opened = opened.expect(200)?.shows(closed)?;
    ensure!(!opened.html.contains("Rejoindre cet"), "{opened:?}");
    let sent = pupil.send(PAGE, &[("uai", early.as_str())]).await?;
    let sent = sent.expect(409)?.shows(closed)?;
    ensure!(sent.text().matches(closed).count() == 1, "{sent:?}");

    let choice = [("uai", uai), ("class_id", &*own), ("_revoir", "oui")];
    let seen = pupil.send(PAGE, &choice).await?.expect(200)?;
    seen.shows(&format!("value=\"{own}\" selected"))?;
    let mut elsewhere = pupil.from_elsewhere();
    elsewhere.send(PAGE, &choice[..2]).await?.expect(403)?;
    ensure!(scene.world.event_count().await? == before);

    pupil.send(PAGE, &choice[..1]).await?.expect(200)?;
    let other = [("uai", neighbour.uai.as_str())];
    let refused = pupil.send(PAGE, &other).await?.expect(409)?;
    refused.shows("déjà inscrit dans un établissement")?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// Staff who could join as pupils do would stand in a class list.
async fn the_page_is_for_pupils_alone(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let asked = browser.open(PAGE).await?.expect(200)?;
    ensure!(asked.path == "/connexion?retour=%2Fma-page", "{asked:?}");
    let before = scene.world.event_count().await?;
    for role in [Role::Head, Role::MainTeacher, Role::Counsellor] {
        browser.sign_in(scene.school.email(role)).await?;
        browser.open(PAGE).await?.expect(403)?;
        let choice = [("uai", scene.school.uai.as_str())];
        browser.send(PAGE, &choice).await?.expect(403)?;
    }
    ensure!(scene.world.event_count().await? == before);
    Ok(())
}
