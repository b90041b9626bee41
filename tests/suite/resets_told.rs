//! The yearly reset as the history tells it: one entry a school, which opens into its parts.

use acceptance::{
    audit,
    client::Client,
    command_line,
    engine::Engine,
    on_both_engines,
    scene::Scene,
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use cli::reset::{self, EVENTS_AT_ONCE, Opening, Outcome, Scope};
use commands::By;
use domain::{actor::Actor, ids::CorrelationId, values::Role};
use reqwest::Method;
use serde_json::Value;

on_both_engines!(a_reset_is_one_entry_that_opens);

const EVENTS: &str = "/api/v1/audit/events";
const RESETS: &str = "/api/v1/audit/resets";

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 3,
    without_class: 1,
};

/// One event of the year, two of classes, seven of pupils.
const PARTS: usize = 1 + 2 + 7;

/// Opens the next year everywhere, as this actor; gives the run.
pub(crate) async fn open_next_year(world: &World, actor: Actor) -> anyhow::Result<CorrelationId> {
    let clock = world.commands.clock();
    let today = clock.now().date_naive();
    let scope = Scope {
        school_year: world.next_school_year()?,
        academy: None,
        establishments: Vec::new(),
    };
    let by = By {
        actor,
        correlation: CorrelationId::new(clock.new_uuid()),
        once: None,
    };
    let opening = Opening {
        by,
        school_year: scope.school_year,
        events_at_once: EVENTS_AT_ONCE,
    };
    let behind = reset::plan(&mut world.store().reader().await?.conn(), &scope, today).await?;
    let mut opened = 0;
    let stop = std::future::pending();
    let tell = |_: &_, outcome| opened += usize::from(matches!(outcome, Outcome::Opened(_)));
    reset::run(&world.commands, &opening, &behind, stop, tell).await;
    ensure!(opened == behind.len(), "{opened} of {}", behind.len());
    Ok(by.correlation)
}

/// The types of what a list holds, and its sentences.
async fn told(client: &Client, filters: &str) -> anyhow::Result<Vec<(String, String)>> {
    let list = client.get(&format!("{EVENTS}?limit=200&{filters}")).await?;
    let list = list.expect(200)?;
    let text = |event: &Value, member: &str| {
        let text = event[member].as_str().context("no text")?;
        anyhow::Ok(text.to_owned())
    };
    let events = list.items()?.iter();
    events
        .map(|event| Ok((text(event, "type")?, text(event, "summary")?)))
        .collect()
}

/// After a summer in which nine hundred thousand pupils left, a head looks for what a colleague did in
/// June. The reset must not stand in the way of it, nor hide anything from who asks what it did.
async fn a_reset_is_one_entry_that_opens(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SIZE).await?;
    let (world, uai) = (&scene.world, &scene.school.uai);
    let other = world.school(SIZE).await?;
    let account = world.administrator().await?;
    let administrator = scene.server.client().sign_in(&account.email).await?;
    let before = told(&scene.head, "").await?;
    let actor = Actor {
        id: account.id,
        role: Role::Administrator,
    };
    let run = open_next_year(world, actor).await?;

    let folded = told(&scene.head, "").await?;
    ensure!(folded[1..] == before, "{folded:#?}");
    let (kind, sentence) = &folded[0];
    let label = world.next_school_year()?.label();
    let expected = format!(
        "(administrateur) a ouvert l'année {label} dans l'établissement {uai} : 2 classes \
         retirées, 7 élèves sortis"
    );
    ensure!(
        kind == "SchoolYearOpened" && sentence.ends_with(&expected),
        "{sentence}"
    );
    let parts = told(&scene.head, &format!("correlation={run}")).await?;
    ensure!(parts.len() == PARTS, "{parts:#?}");
    let own = told(
        &administrator,
        &format!("correlation={run}&establishment={uai}"),
    )
    .await?;
    ensure!(own == parts);
    let everywhere = told(&administrator, "").await?;
    let entries = everywhere
        .iter()
        .filter(|(kind, _)| kind == "SchoolYearOpened");
    ensure!(entries.count() == 2 && everywhere[1].0 == "SchoolYearOpened");
    parts_show_where_they_are_asked_for(&scene).await?;

    let refused = administrator
        .get(&format!("{EVENTS}?correlation={run}"))
        .await?;
    let refused = refused.expect_problem(422, "validation")?;
    ensure!(refused.text_at("/errors/0/field")? == "correlation");
    let foreign = format!("correlation={run}&establishment={}", other.uai);
    let foreign = scene.head.get(&format!("{EVENTS}?{foreign}")).await?;
    foreign.expect_problem(404, "not_found")?;
    the_command_line_folds_too(world, uai.as_str(), run)?;
    runs_are_listed(&scene, &administrator, &account.id.to_string(), run).await?;
    audit::everything(world.store()).await?;
    Ok(())
}

/// In a class's and a pupil's own history, by type, and in an export.
async fn parts_show_where_they_are_asked_for(scene: &Scene) -> anyhow::Result<()> {
    let (class, student) = (scene.school.class(0), scene.school.classes[0].1[0]);
    let of_class = told(&scene.head, &format!("class={class}")).await?;
    ensure!(of_class[0].0 == "ClassPurged", "{of_class:#?}");
    let of_student = told(&scene.head, &format!("student={student}")).await?;
    ensure!(of_student[0].0 == "StudentReleased", "{of_student:#?}");
    let released = told(&scene.head, "type=StudentReleased").await?;
    ensure!(released.len() == 7, "{released:#?}");
    let request = scene.head.request(Method::GET, EVENTS);
    let export = scene
        .head
        .send(request.header("accept", "application/x-ndjson"))
        .await?
        .expect(200)?;
    let parts = ["ClassPurged", "StudentReleased", "SchoolYearOpened"];
    let exported = export.text.lines().filter(|line| {
        parts
            .iter()
            .any(|kind| line.contains(&format!("\"type\":\"{kind}\"")))
    });
    ensure!(exported.count() == PARTS, "{}", export.text);
    Ok(())
}

fn the_command_line_folds_too(world: &World, uai: &str, run: CorrelationId) -> anyhow::Result<()> {
    let url = &world.database.url;
    let log = |more: &[&str]| {
        let args = [&["audit", "log", "--establishment", uai], more].concat();
        command_line::run(url, &args)
    };
    let table = log(&[])?.ended(0)?.out;
    let opened = table.lines().nth(1).context("no event")?;
    ensure!(
        opened.ends_with("2 classes retirées, 7 élèves sortis"),
        "{table}"
    );
    ensure!(!table.contains("a fait sortir Élève"), "{table}");
    let run = run.to_string();
    let parts = log(&["--correlation", &run])?.ended(0)?.out;
    ensure!(parts.lines().count() == 1 + PARTS, "{parts}");
    let alone = ["audit", "log", "--correlation", &run];
    let refused = command_line::run(url, &alone)?.ended(2)?;
    ensure!(refused.err.contains("--establishment"), "{refused:#?}");
    Ok(())
}

/// Administrators see every run, newest first, and nobody else does.
async fn runs_are_listed(
    scene: &Scene,
    administrator: &Client,
    id: &str,
    run: CorrelationId,
) -> anyhow::Result<()> {
    let year = scene.world.next_school_year()?.year();
    let list = administrator.get(RESETS).await?.expect(200)?;
    let [item] = &list.items()?[..] else {
        anyhow::bail!("{list:#?}");
    };
    ensure!(item["run"] == run.to_string() && item["school_year"] == year);
    ensure!(item["establishments"] == 2 && item["classes"] == 4 && item["students"] == 14);
    ensure!(item["actor"]["id"] == id && item["actor"]["role"] == "administrator");
    ensure!(item["actor"]["name"].is_string() && item["started_at"] == item["finished_at"]);

    let late = scene.world.school(SIZE).await?;
    let second = open_next_year(&scene.world, Actor::system()).await?;
    let page = administrator.get(&format!("{RESETS}?limit=1")).await?;
    let page = page.expect(200)?;
    ensure!(page.text_at("/items/0/run")? == second.to_string());
    ensure!(page.text_at("/items/0/actor/name")? == "système");
    ensure!(page.body["items"][0]["establishments"] == 1, "{}", late.uai);
    let next = page.text_at("/next")?;
    let rest = administrator.get(&format!("{RESETS}?after={next}")).await?;
    let rest = rest.expect(200)?;
    ensure!(rest.items()? == list.items()? && rest.body["next"].is_null());
    let refused = scene.head.get(RESETS).await?;
    refused.expect_problem(403, "forbidden")?;
    let refused = administrator.get(&format!("{RESETS}?after=x")).await?;
    refused.expect_problem(422, "validation")?;
    let nobody = scene.server.client().get(RESETS).await?;
    nobody.expect_problem(401, "unauthenticated")?;
    Ok(())
}
