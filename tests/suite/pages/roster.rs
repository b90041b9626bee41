//! Pupils change class, get one, or leave, by the forms of their pages.

use acceptance::{browser::Browser, engine::Engine, on_both_engines, scene::Scene};
use anyhow::ensure;
use domain::{
    ids::{ClassId, StudentId},
    values::Role,
};
use serde_json::json;

use super::scene;

on_both_engines!(
    a_pupil_changes_class,
    a_pupil_of_another_school_is_taken_out_once_that_is_confirmed,
    a_pupil_whom_somebody_else_moved_is_shown_where_they_are,
    pupils_without_a_class_get_one,
);

/// The two classes, with their pupils.
fn classes(scene: &Scene) -> [(ClassId, StudentId, StudentId); 2] {
    let class = |index: usize| {
        let (class, students) = &scene.school.classes[index];
        (*class, students[0], students[1])
    };
    [class(0), class(1)]
}

/// A row of the form: where the pupil was seen, and what is chosen.
fn row(student: StudentId, seen: &str, chosen: &str) -> [(String, String); 2] {
    [
        (format!("vue.{student}"), seen.to_owned()),
        (format!("classe.{student}"), chosen.to_owned()),
    ]
}

async fn send(
    browser: &mut Browser,
    path: &str,
    rows: &[[(String, String); 2]],
    more: &[(&str, &str)],
) -> anyhow::Result<acceptance::browser::Shown> {
    let rows = rows.iter().flatten();
    let rows = rows.map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<(&str, &str)> = rows.chain(more.iter().copied()).collect();
    browser.send(path, &fields).await
}

/// Manual, "Un élève change de classe en cours d'année, que faire ?".
async fn a_pupil_changes_class(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser
        .sign_in(scene.school.email(Role::Counsellor))
        .await?;
    let [(a, one, two), (b, ..)] = classes(&scene);
    let path = format!("/classes/{a}");
    let page = browser.open(&path).await?.expect(200)?;
    let page = page.shows("Exemple Élève 000")?.shows("14/03/2012")?;
    page.shows("Enregistrer les modifications")?
        .shows("Cet élève ne fait pas partie de mon établissement")?;

    let (a, b) = (a.to_string(), b.to_string());
    let saved = send(
        &mut browser,
        &path,
        &[row(one, &a, &b), row(two, &a, &a)],
        &[],
    )
    .await?;
    ensure!(
        saved.path.starts_with(&format!("{path}?fait=")),
        "{saved:?}"
    );
    let saved = saved.shows("Vous avez fait passer Élève 000 Exemple de 3e A à 3e B.")?;
    ensure!(!saved.text().contains("élèves ont changé de classe"));

    let same = send(&mut browser, &path, &[row(two, &a, &a)], &[]).await?;
    same.expect(200)?
        .shows("Rien n'a changé : tout était déjà ainsi.")?;
    ensure!(scene.student_count(&a).await? == 1);
    ensure!(scene.student_count(&b).await? == 3);
    Ok(())
}

/// Manual, "Un élève inscrit ne fait pas partie de votre établissement, que faire ?": asked once more, by
/// name; and what else was chosen goes with it.
async fn a_pupil_of_another_school_is_taken_out_once_that_is_confirmed(
    engine: Engine,
) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Teacher)).await?;
    let [(a, one, two), (b, ..)] = classes(&scene);
    let (a, b) = (a.to_string(), b.to_string());
    let path = format!("/classes/{a}");
    let rows = [row(one, &a, "retrait"), row(two, &a, &b)];
    let asked = send(&mut browser, &path, &rows, &[]).await?.expect(200)?;
    let asked = asked.shows("Retirer Élève 000 Exemple de l'établissement ?")?;
    asked
        .shows("Ne rien changer")?
        .shows("L'autre modification de la page")?;
    ensure!(scene.student_count(&a).await? == 2, "nothing is done yet");

    let back = send(&mut browser, &path, &rows, &[("_revoir", "oui")])
        .await?
        .expect(200)?;
    back.shows("rien n'est encore enregistré")?
        .shows("value=\"retrait\" selected")?;
    ensure!(scene.student_count(&a).await? == 2);

    let done = send(&mut browser, &path, &rows, &[("confirme", "oui")])
        .await?
        .expect(200)?;
    let done = done.shows("1 élève a changé de classe, 1 a été retiré.")?;
    done.shows("Aucun élève dans cette classe.")?;
    ensure!(scene.student_count(&b).await? == 3);
    Ok(())
}

/// Two colleagues have the same page open. The second one sees what the first did, overwrites nothing, and
/// chose the rest not in vain.
async fn a_pupil_whom_somebody_else_moved_is_shown_where_they_are(
    engine: Engine,
) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Teacher)).await?;
    let [(a, one, two), (b, ..)] = classes(&scene);
    let c = scene
        .world
        .class(&scene.school.uai, "3e C")
        .await?
        .to_string();
    let moved = json!([{ "student_id": one, "class_id": c }]);
    scene.move_students(moved).await?;

    let (a, b) = (a.to_string(), b.to_string());
    let path = format!("/classes/{a}");
    let rows = [row(one, &a, &b), row(two, &a, &b)];
    let conflict = send(&mut browser, &path, &rows, &[]).await?.expect(409)?;
    let conflict = conflict.shows(
        "Élève 000 Exemple est maintenant en 3e C (head Exemple, à l'instant). Rien n'a été \
         enregistré : choisissez de nouveau.",
    )?;
    let conflict = conflict.shows(&format!("<a href=\"#classe.{one}\">"))?;
    let conflict = conflict.shows(&format!("<option value=\"{c}\" selected>3e C (actuelle)"))?;
    conflict.shows(&format!("<option value=\"{b}\" selected>3e B"))?;
    ensure!(scene.student_count(&a).await? == 1);
    ensure!(scene.student_count(&b).await? == 2);

    // Whoever left the row alone has nothing to do with it.
    let rows = [row(one, &a, &a), row(two, &a, &b)];
    let saved = send(&mut browser, &path, &rows, &[]).await?.expect(200)?;
    saved.shows("Vous avez fait passer Élève 001 Exemple de 3e A à 3e B.")?;
    ensure!(scene.student_count(&c).await? == 1);
    Ok(())
}

/// Manual, "Comment spécifier la classe d'un élève ?".
async fn pupils_without_a_class_get_one(engine: Engine) -> anyhow::Result<()> {
    const PATH: &str = "/etablissement/sans-classe";
    let (scene, mut browser) = scene(engine).await?;
    browser.sign_in(scene.school.email(Role::Teacher)).await?;
    let waiting = scene.school.without_class[0];
    let [(a, ..), _] = classes(&scene);
    let a = a.to_string();
    let page = browser.open(PATH).await?.expect(200)?;
    page.shows("Seuls le chef d'établissement et les professeurs principaux")?;
    let refused = send(&mut browser, PATH, &[row(waiting, "", &a)], &[])
        .await?
        .expect(403)?;
    refused.shows("n'a pas encore de classe")?;

    let mut browser = Browser::new(&scene.server.address)?;
    let landed = browser.sign_in(scene.school.email(Role::Head)).await?;
    landed.shows("1<span class=\"unseen\"> élève</span>")?;
    let page = browser.open(PATH).await?.expect(200)?;
    page.shows("Choisissez une classe")?;
    let blank = send(&mut browser, PATH, &[row(waiting, "", "")], &[])
        .await?
        .expect(200)?;
    blank.shows("Rien n'a changé")?;
    let saved = send(&mut browser, PATH, &[row(waiting, "", &a)], &[])
        .await?
        .expect(200)?;
    let saved = saved.shows("Vous avez placé Élève 000 Exemple dans la classe 3e A.")?;
    saved.shows("Tous les élèves inscrits ont une classe.")?;
    ensure!(scene.student_count(&a).await? == 3);
    Ok(())
}
