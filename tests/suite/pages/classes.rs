//! A class is renamed, changes filière, and goes, by the forms of its pages.

use acceptance::{browser::Browser, engine::Engine, on_both_engines, world::Size};
use anyhow::ensure;
use domain::values::Role;

use super::scene;

on_both_engines!(
    a_class_is_renamed_and_changes_filiere,
    an_empty_class_is_deleted_and_no_other,
    a_class_of_another_establishment_is_not_found,
);

/// Manual, "La gestion des classes : l'affaire de tous ?".
async fn a_class_is_renamed_and_changes_filiere(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser
        .sign_in(scene.school.email(Role::MainTeacher))
        .await?;
    let class = format!("/classes/{}", scene.school.class(0));
    let path = format!("{class}/modifier");
    let page = browser.open(&path).await?.expect(200)?;
    page.shows("name=\"version\" value=\"1\"")?;
    let typed = [
        ("name", "3e Curie"),
        ("track", "troisieme_segpa"),
        ("version", "1"),
    ];
    let edited = browser.send(&path, &typed).await?.expect(200)?;
    ensure!(
        edited.path.starts_with(&format!("{class}?fait=")),
        "{edited:?}"
    );
    let edited = edited.shows("Vous avez renommé la classe 3e A en 3e Curie.")?;
    edited.shows(
        "Vous avez fait passer la classe 3e Curie de la filière 3e à la filière 3e SEGPA.",
    )?;

    let stale = [
        ("name", "3e Ada"),
        ("track", "troisieme_generale"),
        ("version", "1"),
    ];
    let refused = browser.send(&path, &stale).await?.expect(412)?;
    let refused = refused
        .shows("Un collègue a modifié cette classe")?
        .shows("3e Curie (3e SEGPA)")?;
    refused
        .shows("value=\"3e Ada\"")?
        .shows("name=\"version\" value=\"3\"")?;
    let taken = [
        ("name", "3E b"),
        ("track", "troisieme_segpa"),
        ("version", "3"),
    ];
    browser
        .send(&path, &taken)
        .await?
        .expect(409)?
        .shows("porte déjà ce nom")?;
    let empty = [("name", ""), ("track", "troisieme_segpa"), ("version", "3")];
    browser
        .send(&path, &empty)
        .await?
        .expect(422)?
        .shows("Donnez un nom à la classe.")?;
    Ok(())
}

/// Manual, "Comment supprimer une classe en trois étapes ?".
async fn an_empty_class_is_deleted_and_no_other(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let empty = scene.world.class(&scene.school.uai, "3e vide").await?;
    let full = format!("/classes/{}/supprimer", scene.school.class(0));
    let list = browser.open("/etablissement/classes").await?;
    ensure!(list.html.matches("class=\"bin\"").count() == 1, "{list:?}");
    browser
        .open(&full)
        .await?
        .expect(200)?
        .shows("contient encore 2 élèves : déplacez-les")?;
    browser
        .send(&full, &[])
        .await?
        .expect(409)?
        .shows("contient encore 2 élèves")?;

    let path = format!("/classes/{empty}/supprimer");
    browser
        .open(&path)
        .await?
        .expect(200)?
        .shows("Supprimer la classe 3e vide ?")?;
    let deleted = browser.send(&path, &[]).await?.expect(200)?;
    let deleted = deleted.shows("Vous avez supprimé la classe 3e vide.")?;
    ensure!(!deleted.html.contains("class=\"bin\""));
    browser
        .send(&path, &[])
        .await?
        .expect(404)?
        .shows("<li><a href=\"/etablissement/classes\">Mon établissement</a></li>")?;
    Ok(())
}

/// That another collège's class exists must not show, whatever is asked of it.
async fn a_class_of_another_establishment_is_not_found(engine: Engine) -> anyhow::Result<()> {
    let (scene, _) = scene(engine).await?;
    let size = Size {
        classes: 1,
        students_per_class: 1,
        without_class: 0,
    };
    let neighbour = scene.world.school(size).await?;
    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(neighbour.email(Role::Head)).await?;
    let before = scene.world.event_count().await?;
    let class = format!("/classes/{}", scene.school.class(0));
    let student = scene.school.classes[0].1[0];
    let (chosen, seen) = (format!("classe.{student}"), format!("vue.{student}"));
    let (own, theirs) = (
        neighbour.class(0).to_string(),
        scene.school.class(0).to_string(),
    );
    for path in [
        class.clone(),
        format!("{class}/modifier"),
        format!("{class}/supprimer"),
    ] {
        browser.open(&path).await?.expect(404)?;
        let fields = [
            ("name", "3e Z"),
            ("track", "troisieme_generale"),
            (chosen.as_str(), own.as_str()),
            (seen.as_str(), theirs.as_str()),
        ];
        browser.send(&path, &fields).await?.expect(404)?;
    }
    ensure!(scene.world.event_count().await? == before);
    Ok(())
}
