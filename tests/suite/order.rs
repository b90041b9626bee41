//! Lists stand in the order in which French people look for a name.

use acceptance::{
    browser::{Browser, Shown},
    client::Client,
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::Size,
};
use anyhow::{Context as _, ensure};
use domain::values::Role;
use serde_json::Value;

on_both_engines!(lists_stand_in_french_order_however_they_are_cut);

/// As a French reader puts them; they come in the reverse order.
const PEOPLE: [(&str, &str); 8] = [
    ("Çelik", "Deniz"),
    ("Đặng", "Minh"),
    ("Dupont", "Zoé"),
    ("Dupont-Aubert", "Anne"),
    ("Łoś", "Ada"),
    ("Œdipe", "Luc"),
    ("Østby", "Nils"),
    ("Zz", "Top"),
];

const CLASSES: [&str; 4] = ["3e 1", "3e 2", "3e 10", "3e A"];

/// What a field of the items says, on pages of this many.
async fn told(
    client: &Client,
    path: &str,
    limit: usize,
    field: &str,
) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    let mut after = String::new();
    loop {
        let page = client
            .get(&format!("{path}limit={limit}{after}"))
            .await?
            .expect(200)?;
        for item in page.items()? {
            told.push(item[field].as_str().context("no text")?.to_owned());
        }
        let Some(next) = page.body["next"].as_str() else {
            return Ok(told);
        };
        after = format!("&after={next}");
    }
}

/// Fails unless the page shows all of these, in this order.
fn shows_in_order<'a>(
    page: &Shown,
    names: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let text = page.text();
    let mut rest = text.as_str();
    for name in names {
        let place = rest.find(name);
        rest = &rest[place.with_context(|| format!("{name} does not follow in {text}"))?..];
    }
    Ok(())
}

/// A head looks for a child among 300, and for the door of 3e 10 after that of 3e 2. Lists come in pages:
/// whatever their length, nobody is missing from them or there twice.
async fn lists_stand_in_french_order_however_they_are_cut(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, Size::default()).await?;
    let (world, uai) = (&scene.world, &scene.school.uai);
    let mut class = None;
    for name in CLASSES.iter().rev() {
        class = Some(world.class(uai, name).await?);
    }
    let class = class.context("a class")?;
    for (last_name, first_name) in PEOPLE.iter().rev() {
        world
            .student(uai, Some(class), first_name, last_name)
            .await?;
    }
    let last_names = PEOPLE.map(|(last_name, _)| last_name);

    let pupils = format!("/api/v1/classes/{class}/students?");
    let classes = scene.school.path("/classes?");
    for limit in [1, 3, 200] {
        ensure!(told(&scene.head, &pupils, limit, "last_name").await? == last_names);
        ensure!(told(&scene.head, &classes, limit, "name").await? == CLASSES);
    }
    let then = format!("/api/v1/audit/establishments/{uai}/classes?as_of=2999-01-01");
    let then = scene.head.get(&then).await?.expect(200)?;
    let names = |list: &Value, field: &str| -> Vec<String> {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let texts = items.iter().filter_map(|item| item[field].as_str());
        texts.map(str::to_owned).collect()
    };
    ensure!(names(&then.body["items"], "name") == CLASSES, "{then:#?}");
    ensure!(
        names(&then.body["items"][0]["students"], "last_name") == last_names,
        "{then:#?}"
    );

    let mut browser = Browser::new(&scene.server.address)?;
    browser.sign_in(scene.school.email(Role::Head)).await?;
    let classes = browser.open("/etablissement/classes").await?.expect(200)?;
    shows_in_order(&classes, CLASSES)?;
    let pupils = browser
        .open(&format!("/classes/{class}"))
        .await?
        .expect(200)?;
    shows_in_order(&pupils, last_names)
}
