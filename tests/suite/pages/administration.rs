//! What administrators do on pages: find an establishment, decide whether it takes part and who heads it, look
//! at the service.

mod heads;

use acceptance::{browser::Browser, engine::Engine, on_both_engines, scene::Scene};
use anyhow::{Context as _, ensure};
use commands::erase_student::EraseStudent;
use domain::{
    actor::Actor,
    values::{Priority, Role, Uai},
};
use projections::figures;
use serde_json::json;

use super::scene;
use crate::resets_told::open_next_year;

on_both_engines!(
    an_administrator_lands_where_any_establishment_is_found,
    a_long_search_goes_on,
    an_establishment_is_admitted_then_excluded,
    a_refused_decision_changes_nothing_and_loses_nothing,
    the_yearly_resets_are_listed,
    the_figures_of_the_service_are_counted_once,
    the_latest_seal_is_shown,
    a_mistake_leads_to_what_its_reader_can_use,
);

const RESETS: &str = "/administration/annees";

fn path(uai: &Uai) -> String {
    format!("/administration/etablissements/{uai}")
}

/// Where it is decided whether it takes part.
fn decision(uai: &Uai) -> String {
    path(uai) + "/eligibilite"
}

/// The scene, and an administrator's browser.
async fn office(engine: Engine) -> anyhow::Result<(Scene, Browser)> {
    let (scene, mut browser) = scene(engine).await?;
    let account = scene.world.administrator().await?;
    let landed = browser.sign_in(&account.email).await?;
    ensure!(landed.path == "/administration", "{landed:?}");
    Ok((scene, browser))
}

/// The support is called by a collège, and finds it by whatever the caller says.
async fn an_administrator_lands_where_any_establishment_is_found(
    engine: Engine,
) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let outside = scene.world.listed_school(None).await?;
    let uai = &scene.school.uai;
    let home = browser.open("/administration").await?.expect(200)?;
    let home = home
        .shows("Établissements")?
        .shows(&format!("href=\"{RESETS}\""))?;
    let home = home.shows("href=\"/historique\"")?.shows(&path(uai))?;
    ensure!(home.header("cache-control")? == "no-store");

    for words in [uai.as_str(), "valclair", "99950", "college+exemple"] {
        let search = format!("/administration?q={words}");
        let found = browser.open(&search).await?.expect(200)?;
        found.shows(&format!("href=\"{}\"", path(uai)))?;
    }
    let found = browser.open(&format!("/administration?q={uai}")).await?;
    let found = found.shows("éligible")?.shows("inscrit, année")?;
    let found = found.shows("personnels et élèves")?;
    ensure!(!found.text().contains(outside.as_str()), "{found:#?}");
    let found = browser
        .open(&format!("/administration?q={outside}"))
        .await?;
    found
        .shows("hors éducation prioritaire")?
        .shows("non éligible")?
        .shows("pas encore inscrit")?
        .shows("personne")?;

    let nothing = browser.open("/administration?q=%3Cb%3Enulle+part").await?;
    let nothing = nothing.expect(200)?.shows("« <b>nulle part »")?;
    ensure!(!nothing.html.contains("<b>") && !nothing.html.contains("<table"));
    let history = format!("/historique?etablissement={uai}");
    let page = browser.open(&path(uai)).await?.expect(200)?;
    page.shows(&format!("href=\"{history}\""))?;
    browser.open(&history).await?.expect(200)?;
    Ok(())
}

/// A word that many hold leads through all of them, each once.
async fn a_long_search_goes_on(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    for _ in 0..50 {
        scene.world.listed_school(None).await?;
    }
    let first = browser.open("/administration?q=valclair").await?;
    let next = "/administration?q=valclair&suite=50";
    let first = first.expect(200)?.shows(&format!("href=\"{next}\""))?;
    let rest = browser.open(next).await?.expect(200)?;
    let rows = |html: &str| {
        html.matches("href=\"/administration/etablissements/")
            .count()
    };
    ensure!(
        rows(&first.html) == 50 && rows(&rest.html) == 1,
        "{rest:#?}"
    );
    ensure!(!rest.html.contains("rel=\"next\""));
    for made_up in ["/administration?suite=x", "/administration/annees?suite=x"] {
        let page = browser.open(made_up).await?.expect(422)?;
        page.shows("reprenez la liste à son début")?;
    }
    Ok(())
}

/// A collège without the mark gets a convention, and loses it.
async fn an_establishment_is_admitted_then_excluded(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let uai = scene.world.listed_school(None).await?;
    let page = browser.open(&path(&uai)).await?.expect(200)?;
    let page = page.shows(">non éligible. ")?;
    page.shows("Aucune décision n'a été prise")?;
    let form = browser.open(&decision(&uai)).await?.expect(200)?;
    form.shows("Admettre par dérogation")?;

    let admit = [
        ("eligible", "true"),
        ("reason", "Convention <b>2027</b> & suite"),
    ];
    let admitted = browser.send(&decision(&uai), &admit).await?.expect(200)?;
    let address = format!("{}?fait=", path(&uai));
    ensure!(admitted.path.starts_with(&address), "{admitted:?}");
    let done = format!("établissement {uai} par dérogation : Convention <b>2027</b> & suite");
    let admitted = admitted.shows(&format!("Vous avez admis l'{done}."))?;
    let admitted = admitted
        .shows(">admis par dérogation. ")?
        .shows("<dd>chef d'établissement</dd>")?
        .shows("Dernière décision")?;
    ensure!(!admitted.html.contains("<b>"), "{admitted:#?}");
    let told = browser.open(&admitted.path).await?.expect(200)?;
    ensure!(told.html.contains("Vous avez admis"), "{told:#?}");

    let before = scene.world.event_count().await?;
    let again = browser.send(&decision(&uai), &admit).await?.expect(200)?;
    again.shows("Rien n'a changé")?;
    ensure!(scene.world.event_count().await? == before);

    let exclude = [("eligible", "false"), ("reason", "Fin de la convention")];
    let excluded = browser.send(&decision(&uai), &exclude).await?.expect(200)?;
    excluded
        .shows("Vous avez exclu l'établissement")?
        .shows(">non éligible. ")?
        .shows("<dd>personne</dd>")?;
    let seen = scene
        .head
        .get(&format!("/api/v1/establishments/{uai}"))
        .await?;
    ensure!(seen.expect(200)?.body["eligible"] == false);
    let history = format!("/historique?etablissement={uai}");
    let history = browser.open(&history).await?.expect(200)?;
    history.shows("Fin de la convention")?.shows(&done)?;
    Ok(())
}

/// A decision without a choice or a reason is none, and another site's form decides nothing.
async fn a_refused_decision_changes_nothing_and_loses_nothing(
    engine: Engine,
) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let uai = scene.world.listed_school(Some(Priority::Rep)).await?;
    let before = scene.world.event_count().await?;
    let nothing = browser.send(&decision(&uai), &[("reason", " ")]).await?;
    let nothing = nothing
        .expect(422)?
        .shows("2 informations sont à corriger.")?;
    nothing
        .shows("id=\"eligible-faute\">Dites si l'établissement est admis ou exclu.")?
        .shows("id=\"reason-faute\">Indiquez le motif.")?;

    let long = "é".repeat(501);
    let typed = [("eligible", "false"), ("reason", long.as_str())];
    let refused = browser.send(&decision(&uai), &typed).await?.expect(422)?;
    refused
        .shows("id=\"reason-faute\">Le motif compte plus de 500 caractères")?
        .shows("value=\"false\" checked")?
        .shows(&long)?;
    let right = [("eligible", "false"), ("reason", "Fermeture")];
    let mut elsewhere = browser.from_elsewhere();
    elsewhere.send(&decision(&uai), &right).await?.expect(403)?;
    let again = [right[0], right[1], ("_revoir", "oui")];
    let shown = browser.send(&decision(&uai), &again).await?.expect(200)?;
    shown
        .shows("rien n'est encore enregistré")?
        .shows("Fermeture")?;
    ensure!(scene.world.event_count().await? == before);
    Ok(())
}

/// After the summer: which year, how many of what, by whom.
async fn the_yearly_resets_are_listed(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let none = browser.open(RESETS).await?.expect(200)?;
    none.shows("Aucune année n'a encore été ouverte")?;
    open_next_year(&scene.world, Actor::system()).await?;
    let page = browser.open(RESETS).await?.expect(200)?;
    let year = scene.world.next_school_year()?.label();
    let page = page.shows(&format!("<th scope=\"row\">{year}"))?;
    // Two classes, and five pupils of whom one had none.
    page.shows("<td class=\"number\">1</td>")?
        .shows("<td class=\"number wide\">2</td>")?
        .shows("<td class=\"number wide\">5</td>")?;
    Ok(())
}

/// Several servers count beside each other, and none twice; what they come to is what there is.
async fn the_figures_of_the_service_are_counted_once(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let world = &scene.world;
    let (from, pupils) = &scene.school.classes[0];
    let moved = json!([{ "student_id": pupils[0], "class_id": scene.school.class(1) }]);
    scene.move_students(moved).await?;
    let out = json!([{ "student_id": pupils[1], "not_in_establishment": true }]);
    scene.move_students(out).await?;
    world.class(&scene.school.uai, "3e vide").await?;
    scene
        .head
        .delete(&format!("/api/v1/classes/{from}"))
        .await?
        .expect(204)?;
    let erase = EraseStudent {
        student: pupils[0],
        invitations: Vec::new(),
    };
    world.commands.execute(&world.by(), &erase).await?;

    let count = async || {
        while figures::catch_up(world.store()).await? {}
        anyhow::Ok(())
    };
    tokio::try_join!(count(), count(), count())?;
    let now = world.commands.clock().now();
    let mut reader = world.store().reader().await?;
    let weeks = figures::weeks(&mut reader.conn(), now, 53).await?;
    drop(reader);
    let last = weeks.last().context("no week")?;
    let classes = world.count("SELECT COUNT(*) FROM classes").await?;
    let roster = world.count("SELECT COUNT(*) FROM roster").await?;
    ensure!(
        (last.establishments, last.classes, last.pupils, last.moves) == (1, classes, roster, 1),
        "{last:?}, but {classes} classes and {roster} pupils"
    );
    let page = browser
        .open("/administration/chiffres")
        .await?
        .expect(200)?;
    let page =
        page.shows("<svg role=\"img\" aria-label=\"Élèves, semaine par semaine : 3 aujourd'hui")?;
    page.shows("Semaine par semaine")?;
    Ok(())
}

/// The operator looks whether sealing goes on, and how to find out whether the log is what it was.
async fn the_latest_seal_is_shown(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let store = scene.world.store();
    let now = scene.world.commands.clock().now();
    store.seal_all(now, 1_000).await?;
    let seal = store.latest_seal().await?.context("no seal")?;
    let page = browser.open("/administration/sceaux").await?.expect(200)?;
    page.shows(&seal.hash)?
        .shows("Tout le journal est scellé")?
        .shows("monstage audit verify")?;
    Ok(())
}

/// Whoever meets a mistake is led to a room of their own, and to none that would refuse them.
async fn a_mistake_leads_to_what_its_reader_can_use(engine: Engine) -> anyhow::Result<()> {
    let (scene, mut browser) = office(engine).await?;
    let lost = "/administration/etablissements/9999999A";
    let page = browser.open(lost).await?.expect(404)?;
    let page = page.shows("<li><a href=\"/administration\">Administration</a></li>")?;
    ensure!(!page.html.contains("/etablissement/classes"), "{page:#?}");
    let mut head = Browser::new(&scene.server.address)?;
    head.sign_in(scene.school.email(Role::Head)).await?;
    for path in ["/nulle-part", "/administration"] {
        let page = head.open(path).await?;
        ensure!(page.status == 404 || page.status == 403, "{page:#?}");
        page.shows("<li><a href=\"/etablissement/classes\">Mon établissement</a></li>")?;
    }
    let mut nobody = Browser::new(&scene.server.address)?;
    let page = nobody.open("/nulle-part").await?.expect(404)?;
    ensure!(!page.html.contains("class=\"tab\""), "{page:#?}");
    Ok(())
}
