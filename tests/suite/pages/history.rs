//! "Historique", and the classes as they were.

use acceptance::{
    browser::{Browser, Shown},
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::Size,
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::json;

use super::scene;

on_both_engines!(
    a_head_reads_who_moved_a_pupil_and_sees_before_and_after,
    the_history_is_narrowed_by_a_form,
    the_history_goes_on_from_page_to_page,
    the_classes_of_a_day_say_what_has_changed_since,
    each_reads_the_history_that_is_theirs,
);

const ENTRY: &str = "<span class=\"time\">";

/// Where the first link of this name on the page leads.
fn link(page: &Shown, name: &str) -> anyhow::Result<String> {
    let (before, _) = page
        .html
        .split_once(&format!("\">{name}<"))
        .with_context(|| format!("no link {name} in {page:#?}"))?;
    let (_, address) = before.rsplit_once("href=\"").context("no address")?;
    Ok(address.replace("&#38;", "&"))
}

/// The head moves the first pupil of 3e A to 3e B; what the history calls them.
async fn moved(scene: &Scene) -> anyhow::Result<String> {
    let (from, pupils) = &scene.school.classes[0];
    let (to, _) = &scene.school.classes[1];
    scene
        .move_students(json!([{ "student_id": pupils[0], "class_id": to }]))
        .await?;
    let path = format!("/api/v1/classes/{to}/students");
    let list = scene.head.get(&path).await?.expect(200)?;
    let all = list.body["items"].as_array().context("a list")?;
    let pupil = all
        .iter()
        .find(|pupil| pupil["id"] == json!(pupils[0]))
        .with_context(|| format!("{} is not in {to} from {from}", pupils[0]))?;
    let part = |field: &str| pupil[field].as_str().context("a name");
    Ok(format!("{} {}", part("last_name")?, part("first_name")?))
}

/// A parent asks who moved their child, and when: one sentence, what it consists of, and the lists before and
/// after it.
async fn a_head_reads_who_moved_a_pupil_and_sees_before_and_after(
    engine: Engine,
) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let pupil = moved(&scene).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let history = browser.open("/historique").await?.expect(200)?;
    let history = history
        .shows("de 3e A à 3e B</summary>")?
        .shows("dans la classe 3e B, en provenance de 3e A")?
        .shows("de la classe 3e A, à destination de 3e B")?;
    ensure!(history.header("cache-control")? == "no-store");

    let first_list = |page: &Shown| {
        let list = page.text();
        let list = list.split("<section").nth(1).map(str::to_owned);
        list.context("no list")
    };
    let before = browser.open(&link(&history, "avant")?).await?.expect(200)?;
    let list = first_list(&before)?;
    ensure!(
        list.contains("<h2>3e A") && list.contains(&pupil),
        "{before:#?}"
    );
    ensure!(list.contains("aujourd'hui en 3e B"), "{before:#?}");
    let after = browser.open(&link(&history, "après")?).await?.expect(200)?;
    let list = first_list(&after)?;
    ensure!(
        list.contains("<h2>3e A") && !list.contains(&pupil),
        "{after:#?}"
    );
    after.shows("Rien n'a changé depuis.")?;

    let mut timeline = browser
        .open(&link(&history, "cet élève")?)
        .await?
        .expect(200)?;
    timeline = timeline.shows("a fait passer")?;
    ensure!(!timeline.text().contains("a créé la classe"));
    let class = browser
        .open(&link(&history, "cette classe")?)
        .await?
        .expect(200)?;
    class
        .shows("a créé la classe 3e B")?
        .shows("en provenance de 3e A")?;
    Ok(())
}

/// Blank fields ask for nothing; what is wrong is said, and what was typed is still there.
async fn the_history_is_narrowed_by_a_form(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    moved(&scene).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let blank = "classe=&eleve=&personne=&type=&du=&au=";
    let all = browser
        .open(&format!("/historique?{blank}"))
        .await?
        .expect(200)?;
    let whole = all.html.matches(ENTRY).count();
    ensure!(whole > 5, "{all:#?}");

    let count = async |browser: &mut Browser, query: &str| {
        let page = browser.open(&format!("/historique?{query}")).await?;
        let page = page.expect(200)?;
        anyhow::Ok(page.html.matches(ENTRY).count())
    };
    let head = scene.school.staff[0].id;
    ensure!(count(&mut browser, "type=StudentMoved").await? == 1);
    ensure!(count(&mut browser, &format!("personne={head}&type=StudentMoved")).await? == 1);
    ensure!(count(&mut browser, "du=2001-01-01&au=9999-12-31").await? == whole);
    ensure!(count(&mut browser, "au=2001-01-01").await? == 0);
    let (class, pupils) = &scene.school.classes[0];
    let both = format!("classe={class}&eleve={}", pupils[0]);
    ensure!(count(&mut browser, &both).await? == 2, "came and left");

    let wrong = browser
        .open("/historique?du=12/03/2027&type=StudentMoved")
        .await?;
    let wrong = wrong.expect(422)?.shows("Cette date n'existe pas")?;
    wrong
        .shows("value=\"12/03/2027\"")?
        .shows("value=\"StudentMoved\" selected")?;
    browser.open("/historique?suite=x").await?.expect(422)?;
    Ok(())
}

/// Every action stands on one page, and on one only.
async fn the_history_goes_on_from_page_to_page(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 2,
        students_per_class: 40,
        without_class: 0,
    };
    let scene = Scene::new(engine, size).await?;
    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let whole = "SELECT COUNT(*) FROM events \
                 WHERE event_type NOT IN ('StudentAdmitted', 'StudentWithdrawn')";
    let whole = usize::try_from(scene.world.count(whole).await?)?;

    let mut page = browser.open("/historique").await?.expect(200)?;
    let mut seen = page.html.matches(ENTRY).count();
    ensure!(seen < whole, "all of {whole} on one page");
    while page.text().contains("rel=\"next\"") {
        page = browser.open(&link(&page, "Suivant")?).await?.expect(200)?;
        seen += page.html.matches(ENTRY).count();
        ensure!(seen <= whole, "{seen} of {whole}");
    }
    ensure!(seen == whole, "{seen} of {whole}");
    Ok(())
}

/// Days are those of the school's clock, and none is looked at before it comes.
async fn the_classes_of_a_day_say_what_has_changed_since(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let pupil = moved(&scene).await?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let today = browser.open("/historique/classes").await?.expect(200)?;
    let today = today
        .shows("Classes au ")?
        .shows("3e A")?
        .shows("Sans classe")?
        .shows(&pupil)?
        .shows("Rien n'a changé depuis.")?;
    ensure!(!today.text().contains("rel=\"next\""));
    let (_, address) = today
        .html
        .split_once("rel=\"prev\" href=\"")
        .context("no day before")?;
    let address = address.split('"').next().context("no address")?;
    let yesterday = browser.open(address).await?.expect(200)?;
    let yesterday = yesterday
        .shows("aucune classe")?
        .shows("5 élèves sont arrivés depuis.")?
        .shows("Classes créées depuis : 3e A, 3e B.")?;
    ensure!(yesterday.text().contains("rel=\"next\""));

    let wrong = browser.open("/historique/classes?date=9999-12-31").await?;
    wrong
        .expect(422)?
        .shows("Ce jour n'est pas encore arrivé")?;
    let wrong = browser.open("/historique/classes?date=hier").await?;
    wrong.expect(422)?.shows("value=\"hier\"")?;
    Ok(())
}

/// The history says who did what: it is a head's own, and an administrator's by choice.
async fn each_reads_the_history_that_is_theirs(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = scene(engine).await?;
    let other = scene.world.school(Size::default()).await?;
    let pages = ["/historique", "/historique/classes"];
    for role in [Role::Teacher, Role::MainTeacher, Role::Counsellor] {
        let mut theirs = Browser::new(&scene.server.address)?;
        theirs.sign_in(scene.school.email(role)).await?;
        for page in pages {
            theirs.open(page).await?.expect(403)?;
        }
    }
    browser.sign_in(other.email(Role::Head)).await?;
    let uai = &scene.school.uai;
    for page in pages {
        let theirs = format!("{page}?etablissement={uai}");
        browser.open(&theirs).await?.expect(404)?;
    }
    let (class, pupils) = &scene.school.classes[0];
    for theirs in [format!("classe={class}"), format!("eleve={}", pupils[0])] {
        let page = browser.open(&format!("/historique?{theirs}")).await?;
        page.expect(404)?;
    }

    let admin = scene.world.administrator().await?;
    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(&admin.email).await?;
    browser
        .open("/historique")
        .await?
        .expect(200)?
        .shows("Choisissez l'établissement")?;
    let found = browser
        .open(&format!("/historique?q={uai}"))
        .await?
        .expect(200)?;
    found.shows(&format!("href=\"/historique?etablissement={uai}\""))?;
    let history = browser
        .open(&format!("/historique?etablissement={uai}"))
        .await?;
    let history = history.expect(200)?.shows("a créé la classe 3e A")?;
    let before = browser.open(&link(&history, "avant")?).await?.expect(200)?;
    before.shows(&format!("/historique?etablissement={uai}"))?;
    let classes = browser.open("/historique/classes").await?.expect(200)?;
    ensure!(classes.path == "/historique", "{classes:?}");
    Ok(())
}
