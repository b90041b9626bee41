//! `monstage reset`, as an operator runs it in summer.

mod afterwards;
mod confirmed;
mod looking;
mod refused;
mod reported;
mod stopped;

use std::{fs, path::Path};

use acceptance::{
    audit,
    command_line::{self, Outcome},
    engine::Engine,
    on_both_engines,
    world::{Account, School, Size, World},
};
use anyhow::{Context as _, ensure};
use commands::import_directory::ImportDirectory;
use domain::{
    establishment::ListingUpdate,
    values::{Role, SchoolYear, StaffRole, Uai},
};
use serde_json::{Value, json};

on_both_engines!(
    a_dry_run_tells_what_the_run_then_does,
    an_academy_or_some_establishments_only,
    a_second_run_changes_nothing,
    the_history_names_the_administrator_who_answers,
    one_that_fails_keeps_no_other_and_is_named,
    the_year_under_way_is_opened_where_it_is_not,
);

const SIZE: Size = Size {
    classes: 2,
    students_per_class: 2,
    without_class: 1,
};

/// What two runs of the same thing may tell differently.
const DIFFERENT: [&str; 5] = ["run", "dry_run", "started_at", "finished_at", "duration_ms"];

/// Runs `monstage reset`.
fn reset(world: &World, args: &[&str]) -> anyhow::Result<Outcome> {
    command_line::run(&world.database.url, &[&["reset"], args].concat())
}

/// Runs it for the year after the one under way, to its end, for its report.
fn opened(world: &World, args: &[&str]) -> anyhow::Result<Value> {
    let year = world.next_school_year()?.year().to_string();
    let common = ["--school-year", &year, "--yes", "--json"];
    reset(world, &[&common, args].concat())?.ended(0)?.json()
}

/// The year that an establishment is in.
async fn year_of(world: &World, uai: &Uai) -> anyhow::Result<i64> {
    let mut reader = world.store().reader().await?;
    let sql = "SELECT school_year FROM directory WHERE uai = $1";
    let row = store::fetch_optional!(&mut reader.conn(), (i64,), sql, uai.as_str())?;
    Ok(row.context("no such establishment")?.0)
}

fn without_what_differs(mut report: Value) -> anyhow::Result<Value> {
    let members = report.as_object_mut().context("not an object")?;
    for name in DIFFERENT {
        ensure!(members.remove(name).is_some(), "no {name} in {report:#}");
    }
    let establishments = report["establishments"].as_array_mut();
    for it in establishments.context("no list")? {
        it["outcome"].take();
    }
    Ok(report)
}

/// Two schools of [`SIZE`], where somebody is invited to the second.
async fn two_schools(world: &World) -> anyhow::Result<[School; 2]> {
    let schools = [world.school(SIZE).await?, world.school(SIZE).await?];
    let uai = &schools[1].uai;
    world
        .invited(StaffRole::Teacher, None, uai, "invitee@ac-demo.test")
        .await?;
    Ok(schools)
}

/// An operator decides by the rehearsal whether to go on. It must be of what then happens, and leave no
/// trace; and the report that is kept for years must hold nobody's name.
async fn a_dry_run_tells_what_the_run_then_does(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [first, second] = two_schools(&world).await?;
    let (now, year) = (
        world.school_year()?,
        world.next_school_year()?.year().to_string(),
    );
    let path = world.database.folder.path().join("report.json");
    let file = path.to_str().context("a path")?;
    let asked = ["--school-year", &year, "--report", file];
    let events = world.event_count().await?;
    let shown = reset(&world, &[&asked[..], &["--dry-run"]].concat())?.ended(0)?;
    for says in [
        "2 établissements, 4 classes, 10 élèves, 1 invitation\n",
        "  Démo : 2 établissements",
    ] {
        ensure!(shown.out.contains(says), "{says}: {shown:#?}");
    }
    let rehearsal = report_in(&path)?;
    let json = [&asked[..], &["--dry-run", "--json"]].concat();
    let json = reset(&world, &json)?.ended(0)?.json()?;
    ensure!(without_what_differs(json)? == without_what_differs(rehearsal.clone())?);
    ensure!(world.event_count().await? == events);
    ensure!(year_of(&world, &first.uai).await? == i64::from(now.year()));

    let done = reset(&world, &[&asked[..], &["--yes", "--json"]].concat())?.ended(0)?;
    let report = done.json()?;
    ensure!(report_in(&path)? == report, "{done:#?}");
    ensure!(done.out.lines().count() == 1, "{done:#?}");
    ensure!(rehearsal["dry_run"] == true && report["dry_run"] == false);
    ensure!(rehearsal["run"].is_null() && report["run"].is_string());
    ensure!(without_what_differs(rehearsal)? == without_what_differs(report.clone())?);
    // For each establishment one, and one for each class and pupil.
    ensure!(world.event_count().await? == events + 2 + 4 + 10);
    is_the_report(&report, &world, [&first, &second])?;
    for name in ["Exemple", "Élève", "Collège", "invitee", "@"] {
        ensure!(!done.out.contains(name), "{name}: {done:#?}");
    }
    audit::everything(world.store()).await?;
    Ok(())
}

fn report_in(path: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

/// Every member of it, and the events under its number.
fn is_the_report(report: &Value, world: &World, schools: [&School; 2]) -> anyhow::Result<()> {
    let (now, next) = (
        world.school_year()?.year(),
        world.next_school_year()?.year(),
    );
    let establishment = |school: &School, invitations: u64| {
        json!({
            "uai": school.uai, "academy": "Démo", "from_school_year": now, "outcome": "opened",
            "classes": 2, "students": 5, "invitations": invitations,
        })
    };
    let expected = json!({
        "rules": {
            "school_year": next, "opened_where": format!("school_year < {next}"),
            "academy": null, "uais": [],
        },
        "by": { "id": "00000000-0000-0000-0000-000000000000", "role": "system" },
        "totals": { "establishments": 2, "classes": 4, "students": 10, "invitations": 1 },
        "already_open": 0,
        "failed": [],
        "unknown": 0,
        "left": 0,
        "academies": [{
            "academy": "Démo", "establishments": 2, "classes": 4, "students": 10, "invitations": 1,
        }],
        "establishments": [establishment(schools[0], 0), establishment(schools[1], 1)],
    });
    let mut rest = report.clone();
    for name in DIFFERENT {
        rest[name].take();
    }
    for (name, value) in expected.as_object().context("an object")? {
        ensure!(rest[name].take() == *value, "{name}: {report:#}");
    }
    let more = rest.as_object().context("an object")?;
    ensure!(more.values().all(Value::is_null), "{rest:#}");
    let log = ["audit", "log", "--type", "SchoolYearOpened", "--json"];
    let log = command_line::run(&world.database.url, &log)?.ended(0)?;
    ensure!(log.out.lines().count() == 2, "{log:#?}");
    for line in log.out.lines() {
        let event: Value = serde_json::from_str(line)?;
        ensure!(event["correlation_id"] == report["run"], "{event:#}");
    }
    Ok(())
}

/// Academies do not all end their year on the same day; and one school may have to wait.
async fn an_academy_or_some_establishments_only(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [first, second] = two_schools(&world).await?;
    let [third, fourth] = two_schools(&world).await?;
    for school in [&third, &fourth] {
        moves_to_academy(&world, &school.uai, "Évreuil-Sûr").await?;
    }
    let years = async || {
        let mut years = Vec::new();
        for school in [&first, &second, &third, &fourth] {
            years
                .push(year_of(&world, &school.uai).await? - i64::from(world.school_year()?.year()));
        }
        anyhow::Ok(years)
    };
    let report = opened(&world, &["--uai", second.uai.as_str()])?;
    ensure!(report["rules"]["uais"] == json!([second.uai]), "{report:#}");
    ensure!(years().await? == [0, 1, 0, 0]);
    let both = ["--academy", "EVREUIL SUR", "--uai", third.uai.as_str()];
    let report = opened(&world, &both)?;
    ensure!(report["totals"]["establishments"] == 1, "{report:#}");
    ensure!(years().await? == [0, 1, 1, 0]);
    let report = opened(&world, &["--academy", "evreuil-sur"])?;
    ensure!(report["academies"][0]["academy"] == "Évreuil-Sûr");
    ensure!(years().await? == [0, 1, 1, 1]);
    let nowhere = opened(&world, &["--academy", "evreuil-sur"])?;
    ensure!(nowhere["establishments"] == json!([]), "{nowhere:#}");
    audit::everything(world.store()).await?;
    Ok(())
}

async fn moves_to_academy(world: &World, uai: &Uai, academy: &str) -> anyhow::Result<()> {
    let update = ListingUpdate {
        name: "Collège Exemple".to_owned(),
        city: "Valclair".to_owned(),
        postal_code: None,
        department: None,
        academy: Some(academy.to_owned()),
        priority: None,
        mailbox: None,
        closed: None,
    };
    let schools = vec![(uai.clone(), update)];
    let import = ImportDirectory {
        schools,
        closed: Vec::new(),
    };
    world.commands.execute(&world.by(), &import).await?;
    Ok(())
}

/// Whoever is not sure that it went through runs it again. By then schools may have begun to work on the new
/// year.
async fn a_second_run_changes_nothing(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [first, _] = two_schools(&world).await?;
    opened(&world, &[])?;
    let class = world.class(&first.uai, "3e A").await?;
    world.students(&first.uai, Some(class), 3).await?;
    let events = world.event_count().await?;
    let again = opened(&world, &[])?;
    ensure!(
        again["totals"]["establishments"] == 0
            && again["left"] == 0
            && again["establishments"] == json!([]),
        "{again:#}"
    );
    let year = world.next_school_year()?.label();
    let uai = first.uai.as_str();
    // There is nothing to confirm either.
    for (args, place) in [
        (&[][..], "tous les établissements"),
        (&["--dry-run"], "tous les établissements"),
        (&["--uai", uai], uai),
        (
            &["--academy", "demo"],
            "tous les établissements (académie : demo)",
        ),
    ] {
        let told = reset(&world, &[&["--school-year", &year], args].concat())?.ended(0)?;
        let expected = format!(
            "Aucun établissement n'est dans une année antérieure à {year} : rien à faire dans {place}.\n"
        );
        ensure!(told.out == expected, "{told:#?}");
    }
    ensure!(world.event_count().await? == events);
    let truth = audit::everything(world.store()).await?;
    ensure!(truth.classes[&class].students.len() == 3);
    Ok(())
}

/// A year that ended too early is asked about for long. The history must say who answers for it, and that
/// can only be somebody who runs the service.
async fn the_history_names_the_administrator_who_answers(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [first, second] = two_schools(&world).await?;
    let administrator: Account = world.administrator().await?;
    let events = world.event_count().await?;
    let year = world.next_school_year()?.year().to_string();
    let head = first.email(Role::Head);
    for email in [head, first.student.email.as_str(), "nobody@ac-demo.test"] {
        let args = ["--school-year", &year, "--yes", "--by", email];
        let refused = reset(&world, &args)?.ended(2)?;
        ensure!(
            refused.err.contains(email) && refused.err.contains("administrateur"),
            "{refused:#?}"
        );
    }
    let malformed = ["--school-year", &year, "--yes", "--by", "personne"];
    reset(&world, &malformed)?.ended(2)?;
    ensure!(world.event_count().await? == events);

    let by = administrator.email.to_uppercase();
    let report = opened(&world, &["--by", &by, "--uai", first.uai.as_str()])?;
    let expected = json!({ "id": administrator.id, "role": "administrator" });
    ensure!(report["by"] == expected, "{report:#}");
    let told = |uai: &Uai| {
        let uai = uai.as_str();
        let log = [
            "audit",
            "log",
            "--type",
            "SchoolYearOpened",
            "--establishment",
            uai,
        ];
        command_line::run(&world.database.url, &log)?.ended(0)
    };
    ensure!(told(&first.uai)?.out.contains("Camille Exemple"));
    opened(&world, &[])?;
    ensure!(told(&second.uai)?.out.contains("Le système a ouvert"));
    let id = administrator.id.to_string();
    let own = ["audit", "log", "--actor", &id, "--json"];
    let own = command_line::run(&world.database.url, &own)?.ended(0)?;
    // The establishment's, and one for each class and pupil.
    ensure!(own.out.lines().count() == 1 + 2 + 5, "{own:#?}");
    Ok(())
}

/// One school whose history is damaged. All others have their new year, and the operator hears which has to
/// be looked into.
async fn one_that_fails_keeps_no_other_and_is_named(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [first, second] = two_schools(&world).await?;
    world.damage(&second.uai).await?;
    let year = world.next_school_year()?.year().to_string();
    let args = ["--school-year", &year, "--yes"];
    let stopped = reset(&world, &[&args[..], &["--json"]].concat())?.ended(3)?;
    ensure!(
        stopped.err.contains("1 établissement reste à faire")
            && stopped.err.contains(second.uai.as_str()),
        "{stopped:#?}"
    );
    let report = stopped.json()?;
    ensure!(report["left"] == 1 && report["totals"]["establishments"] == 1);
    ensure!(
        report["failed"][0]["uai"] == second.uai.as_str(),
        "{report:#}"
    );
    let line = &report["establishments"][1];
    ensure!(
        line["outcome"] == "failed" && line["students"] == 5,
        "{line}"
    );
    ensure!(year_of(&world, &first.uai).await? == i64::from(world.next_school_year()?.year()));
    let again = reset(&world, &args)?.ended(3)?;
    ensure!(
        again.out.contains(second.uai.as_str())
            && again.out.contains("dans aucun établissement")
            && again.out.contains("monstage audit verify"),
        "{again:#?}"
    );
    Ok(())
}

/// Somebody forgot a school last summer. It is brought into the year under way, from however long ago, and
/// the others, who are in it, are left alone.
async fn the_year_under_way_is_opened_where_it_is_not(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let now = world.school_year()?;
    let long_ago = SchoolYear::starting(now.year() - 3)?;
    let late = world.school_in(SIZE, long_ago).await?;
    let there = world.school(SIZE).await?;
    let year = now.year().to_string();
    let args = ["--school-year", &year, "--yes", "--json"];
    let report = reset(&world, &args)?.ended(0)?.json()?;
    let lines = report["establishments"].as_array().context("a list")?;
    ensure!(lines.len() == 1 && lines[0]["uai"] == late.uai.as_str());
    ensure!(
        lines[0]["from_school_year"] == long_ago.year(),
        "{report:#}"
    );
    ensure!(year_of(&world, &late.uai).await? == i64::from(now.year()));
    let truth = audit::everything(world.store()).await?;
    ensure!(truth.classes[&there.class(0)].students.len() == 2);
    Ok(())
}
