//! What is not begun, and what the operator is told instead.

use std::{ffi::OsString, fs};

use acceptance::{engine::Engine, on_both_engines, world::World};
use anyhow::ensure;
use domain::values::{Priority, SchoolYear};

use super::{SIZE, moves_to_academy, reset, two_schools};

on_both_engines!(
    a_slip_of_the_hand_is_caught,
    the_next_year_waits_for_those_who_are_late,
);

/// A year that ends by mistake takes their classes from every school of the country. Whatever is wrong is
/// found before anything is written, and the message says what would be right.
async fn a_slip_of_the_hand_is_caught(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let [school, _] = two_schools(&world).await?;
    let (now, next) = (world.school_year()?, world.next_school_year()?);
    let year = |years: i32| (now.year() + years).to_string();
    let (past, running, asked, far) = (year(-1), year(0), year(1), year(2));
    let (crooked, signed) = (format!("{asked}-{asked}"), format!("+{asked}"));
    let listed = world.listed_school(Some(Priority::Rep)).await?;
    let [elsewhere, _] = two_schools(&world).await?;
    moves_to_academy(&world, &elsewhere.uai, "Évreuil-Sûr").await?;
    let (listed, elsewhere) = (listed.as_str(), elsewhere.uai.as_str());
    let folder = world.database.folder.path().display().to_string();
    let uai = school.uai.as_str();
    let events = world.event_count().await?;
    for (args, says) in [
        (vec!["--yes"], "--school-year"),
        (vec!["--school-year", "27", "--yes"], "from 2000 to 2100"),
        (vec!["--school-year", "next", "--yes"], "from 2000 to 2100"),
        (vec!["--school-year", &crooked, "--yes"], "2026-2027"),
        (vec!["--school-year", &signed, "--yes"], "from 2000 to 2100"),
        (vec!["--school-year", &past, "--yes"], &*running),
        (vec!["--school-year", &far, "--yes"], &*next.label()),
        (vec!["--academy", "Nulle part", "--yes"], "Démo"),
        (vec!["--uai", "9990000A", "--yes"], "--uai"),
        (vec!["--uai", "9999999P", "--yes"], "9999999P"),
        (vec!["--uai", uai, "--uai", "9999999P", "--yes"], "annuaire"),
        (vec!["--uai", listed, "--yes"], "n'est pas encore inscrit"),
        (vec!["--uai", listed, "--uai", uai, "--yes"], listed),
        (
            vec!["--academy", "evreuil sur", "--uai", uai, "--yes"],
            "« Démo »",
        ),
        (
            vec!["--academy", "demo", "--uai", uai, "--uai", elsewhere],
            elsewhere,
        ),
        (vec![], "--yes"),
        (
            vec!["--report", "/nowhere/report.json", "--yes"],
            "/nowhere/report.json",
        ),
        (
            vec!["--report", "/nowhere/report.json", "--dry-run"],
            "/nowhere/report.json",
        ),
        (vec!["--report", &folder, "--yes"], &*folder),
    ] {
        let year = ["--school-year", &asked];
        let year = if says.starts_with("--school-year") || args.contains(&"--school-year") {
            &[][..]
        } else {
            &year
        };
        let refused = reset(&world, &[year, &args].concat())?.ended(2)?;
        ensure!(
            refused.out.is_empty() && refused.err.contains(says),
            "{args:?}: {refused:#?}"
        );
    }
    ensure!(world.event_count().await? == events);
    let left = fs::read_dir(&folder)?.filter_map(Result::ok);
    let left: Vec<_> = left.map(|it| it.file_name()).collect();
    let unfinished = |name: &OsString| name.to_string_lossy().ends_with(".part");
    ensure!(!left.iter().any(unfinished), "{left:?}");
    Ok(())
}

/// A school that never came into the present year would jump over it, and its lists of that year would be
/// those of the one before.
async fn the_next_year_waits_for_those_who_are_late(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let now = world.school_year()?;
    let late = SchoolYear::starting(now.year() - 1)?;
    let late = world.school_in(SIZE, late).await?;
    let there = world.school(SIZE).await?;
    let year = world.next_school_year()?.year().to_string();
    let events = world.event_count().await?;
    for args in [
        &["--yes"][..],
        &["--dry-run"],
        &["--uai", late.uai.as_str()],
    ] {
        let refused = reset(&world, &[&["--school-year", &year], args].concat())?.ended(2)?;
        let says = format!("--school-year {}", now.year());
        ensure!(
            refused.err.contains("1 établissement n'est pas encore") && refused.err.contains(&says),
            "{refused:#?}"
        );
    }
    ensure!(world.event_count().await? == events);
    let alone = ["--school-year", &year, "--yes", "--uai", there.uai.as_str()];
    reset(&world, &alone)?.ended(0)?;
    Ok(())
}
