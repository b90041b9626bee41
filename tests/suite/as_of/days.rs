//! Days, which are those of an academy's clock.

use acceptance::{command_line, engine::Engine, on_both_engines, scene::Scene};
use anyhow::ensure;
use chrono::NaiveDate;
use commands::{Commands, create_class::CreateClass, import_directory::ImportDirectory};
use domain::{
    establishment::ListingUpdate,
    ids::ClassId,
    values::{ClassName, Track},
};

use super::{SMALL, SetClock};

on_both_engines!(days_are_those_of_the_academy);

/// Something that happens in a school of an academy, and when that was for people there.
struct Case {
    academy: &'static str,
    zone: &'static str,
    at: &'static str,
    day: &'static str,
    hour: &'static str,
}

/// On either side of the globe, where the day is another one than in UTC; and on both days on which the clocks
/// change in Paris.
const CASES: [Case; 4] = [
    Case {
        academy: "Nouvelle-Calédonie",
        zone: "Pacific/Noumea",
        at: "2027-03-12T14:30:00Z",
        day: "2027-03-13",
        hour: "01:30:00",
    },
    Case {
        academy: "Martinique",
        zone: "America/Martinique",
        at: "2027-04-13T03:30:00Z",
        day: "2027-04-12",
        hour: "23:30:00",
    },
    Case {
        academy: "Paris",
        zone: "Europe/Paris",
        at: "2027-03-28T21:30:00Z",
        day: "2027-03-28",
        hour: "23:30:00",
    },
    Case {
        academy: "Paris",
        zone: "Europe/Paris",
        at: "2027-10-30T22:30:00Z",
        day: "2027-10-31",
        hour: "00:30:00",
    },
];

/// Whoever asks about a day in Nouméa means that day there, half of which is the day before in UTC; and a day on
/// which the clocks change is as long as it was. The same over HTTP and on the command line.
async fn days_are_those_of_the_academy(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    for (number, case) in (0..).zip(&CASES) {
        move_to(&scene, case.academy).await?;
        let class = format!("3e {number}");
        create(&scene, &class, case.at).await?;
        let day: NaiveDate = case.day.parse()?;
        let eve = day.pred_opt().unwrap_or_default();
        lists_have(&scene, case, eve, &class, false).await?;
        lists_have(&scene, case, day, &class, true).await?;
        the_history_of_the_day_has(&scene, case).await?;
    }
    let path = scene.school.path("");
    let place = scene.server.client().get(&path).await?.expect(200)?;
    ensure!(place.body["time_zone"] == "Europe/Paris", "{place:#?}");
    Ok(())
}

async fn move_to(scene: &Scene, academy: &str) -> anyhow::Result<()> {
    let listing = ListingUpdate {
        name: "Collège d'ailleurs".to_owned(),
        city: "Ailleurs".to_owned(),
        postal_code: None,
        department: None,
        academy: Some(academy.to_owned()),
        mailbox: None,
        closed: None,
        priority: None,
    };
    let import = ImportDirectory {
        schools: vec![(scene.school.uai.clone(), listing)],
        closed: Vec::new(),
    };
    let world = &scene.world;
    world.commands.execute(&world.by(), &import).await?;
    Ok(())
}

async fn create(scene: &Scene, name: &str, at: &str) -> anyhow::Result<()> {
    let world = &scene.world;
    let create = CreateClass {
        establishment: scene.school.uai.clone(),
        class: ClassId::new(world.commands.clock().new_uuid()),
        name: ClassName::parse(name)?,
        track: Track::TroisiemeGenerale,
    };
    let clock = SetClock::at(at.parse()?);
    let then = Commands::new(world.store().clone(), clock, Vec::new());
    then.execute(&world.by(), &create).await?;
    Ok(())
}

/// Whether the lists of that day have the class.
async fn lists_have(
    scene: &Scene,
    case: &Case,
    day: NaiveDate,
    class: &str,
    expected: bool,
) -> anyhow::Result<()> {
    let uai = scene.school.uai.as_str();
    let path = format!("/api/v1/audit/establishments/{uai}/classes?as_of={day}");
    let lists = scene.head.get(&path).await?.expect(200)?;
    ensure!(lists.body["time_zone"] == case.zone, "{lists:#?}");
    ensure!(lists.text.contains(class) == expected, "{day}: {lists:#?}");
    let args = ["audit", "as-of", &day.to_string(), "--uai", uai];
    let shown = command_line::run(&scene.world.database.url, &args)?.ended(0)?;
    ensure!(shown.out.contains(class) == expected, "{shown:#?}");
    let heading = day.format("le %d/%m/%Y 23:59:59 (heure locale)");
    ensure!(shown.out.contains(&heading.to_string()), "{shown:#?}");
    Ok(())
}

async fn the_history_of_the_day_has(scene: &Scene, case: &Case) -> anyhow::Result<()> {
    let (day, at) = (case.day, case.at);
    let path = format!("/api/v1/audit/events?type=ClassCreated&since={day}&until={day}");
    let events = scene.head.get(&path).await?.expect(200)?;
    let [event] = events.items()?.as_slice() else {
        anyhow::bail!("not one class on {day}: {events:#?}");
    };
    ensure!(event["recorded_at"] == at, "{event:#}");
    ensure!(event["time_zone"] == case.zone, "{event:#}");
    let uai = scene.school.uai.as_str();
    let args = [
        "audit",
        "log",
        "--establishment",
        uai,
        "--since",
        day,
        "--until",
        day,
    ];
    let log = command_line::run(&scene.world.database.url, &args)?.ended(0)?;
    let line = format!("{}  Le système a créé", case.hour);
    ensure!(log.out.contains(&line), "no {line} in {log:#?}");
    Ok(())
}
