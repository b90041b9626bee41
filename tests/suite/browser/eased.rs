//! What scripts ease. That everything works without them is shown by the manual, followed without.

use acceptance::{
    chromium::{Chromium, Setup},
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::Size,
};
use anyhow::ensure;
use domain::values::Role;
use serde_json::json;

on_both_engines!(a_search_answers_while_one_types_and_unsaved_choices_are_counted);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 3,
    without_class: 0,
};

/// Both on one browser, which costs seconds to start.
async fn a_search_answers_while_one_types_and_unsaved_choices_are_counted(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let browser = Chromium::start(&scene.server.address, Setup::DESKTOP).await?;
    a_search_answers(&browser).await?;
    a_password_is_shown(&browser).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    unsaved_choices_are_counted(&browser).await?;
    let complaints = browser.complaints().await?;
    ensure!(complaints.is_empty(), "{complaints:#?}");
    Ok(())
}

/// Of 7 000 collèges one finds one's own by three letters of it; what is found is said to whoever does not see it.
async fn a_search_answers(browser: &Chromium) -> anyhow::Result<()> {
    browser.open("/inscription?je=equipe").await?;
    browser.fill("Votre établissement", "nulle part").await?;
    browser
        .comes_to_show("Aucun établissement ne répond à « nulle part »")
        .await?;
    browser.fill("Votre établissement", "exempl").await?;
    browser.comes_to_show("1 établissement affiché.").await?;
    let announced = "return document.querySelector('[role=status]').textContent";
    let announced = browser.ask(announced, &[]).await?;
    ensure!(
        announced == json!("1 établissement affiché."),
        "{announced}"
    );
    browser.fill("Votre établissement", " ").await?;
    browser.comes_to_hide("1 établissement affiché.").await?;
    ensure!(browser.path().await? == "/inscription?je=equipe");
    Ok(())
}

/// On a telephone, a phrase of twelve characters is typed wrong without seeing it.
async fn a_password_is_shown(browser: &Chromium) -> anyhow::Result<()> {
    let kind = "return document.getElementById('password').type";
    browser.open("/connexion").await?;
    browser.click("Afficher le mot de passe").await?;
    ensure!(browser.ask(kind, &[]).await? == json!("text"));
    browser.click("Masquer le mot de passe").await?;
    ensure!(browser.ask(kind, &[]).await? == json!("password"));
    Ok(())
}

/// Twenty choices for the council of classes are not lost to a click on the menu.
async fn unsaved_choices_are_counted(browser: &Chromium) -> anyhow::Result<()> {
    browser.follow("3e A").await?;
    ensure!(!warns(browser).await?, "warns of nothing");
    browser.hides("modifié").await?;
    browser
        .choose("Classe de Exemple Élève 000", "3e B")
        .await?;
    browser.shows("1 modification\n").await?;
    let out = "Cet élève ne fait pas partie de mon établissement";
    browser.choose("Classe de Exemple Élève 001", out).await?;
    browser.shows("modifié : 3e A → 3e B").await?;
    browser.shows("à retirer").await?;
    browser.shows("2 modifications\n").await?;
    ensure!(warns(browser).await?, "two choices are lost unsaid");

    let back = "3e A (actuelle)";
    for pupil in ["000", "001"] {
        let list = format!("Classe de Exemple Élève {pupil}");
        browser.choose(&list, back).await?;
    }
    browser.hides("modifié").await?;
    ensure!(!warns(browser).await?, "warns of what was taken back");

    browser
        .choose("Classe de Exemple Élève 000", "3e B")
        .await?;
    browser.press("Enregistrer les modifications").await?;
    browser.has_focus("Vous avez fait passer").await?;
    ensure!(!warns(browser).await?, "warns of what is saved");
    Ok(())
}

/// Whether leaving the page would be asked about.
async fn warns(browser: &Chromium) -> anyhow::Result<bool> {
    let leave = "
        const leaving = new Event('beforeunload', { cancelable: true });
        dispatchEvent(leaving);
        return leaving.defaultPrevented;";
    Ok(browser.ask(leave, &[]).await? == json!(true))
}
