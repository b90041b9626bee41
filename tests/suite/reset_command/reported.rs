//! The report that is kept.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use acceptance::{
    command_line::{Outcome, spawn},
    engine::Engine,
    on_both_engines,
    world::World,
};
use anyhow::ensure;
use tokio::time::sleep;

use super::two_schools;

on_both_engines!(a_report_that_cannot_be_kept_is_printed_all_the_same);

/// How long a run may take to begin, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_mins(1);

/// A shared folder goes away during the run. What was done cannot be done again, so that the operator must not
/// read that it was refused; and the report must not be lost with the folder.
async fn a_report_that_cannot_be_kept_is_printed_all_the_same(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    two_schools(&world).await?;
    let whole = folder_goes_away(&world).await?.ended(1)?;
    let report = whole.json()?;
    ensure!(report["totals"]["establishments"] == 2, "{report:#}");
    ensure!(whole.err.contains("report.json"), "{whole:#?}");

    let [third, _] = two_schools(&world).await?;
    world.damage(&third.uai).await?;
    let some = folder_goes_away(&world).await?.ended(3)?;
    let report = some.json()?;
    ensure!(report["totals"]["establishments"] == 1, "{report:#}");
    ensure!(report["left"] == 1 && report["failed"][0]["uai"] == third.uai.as_str());
    for says in ["report.json", "1 établissement reste à faire"] {
        ensure!(some.err.contains(says), "{says}: {some:#?}");
    }
    Ok(())
}

/// A run that loses the folder of its report before it can do anything.
async fn folder_goes_away(world: &World) -> anyhow::Result<Outcome> {
    let folder = world.database.folder.path().join("shared");
    fs::create_dir(&folder)?;
    let file = folder.join("report.json").display().to_string();
    let year = world.next_school_year()?.label();
    let args = [
        "reset",
        "--school-year",
        &year,
        "--yes",
        "--json",
        "--report",
        &file,
    ];
    let held = world.hold().await?;
    let run = spawn(&world.database.url, &args, &[])?;
    let begun = Instant::now();
    while is_empty(&folder)? {
        ensure!(begun.elapsed() < LIMIT, "it does not begin");
        sleep(Duration::from_millis(5)).await;
    }
    fs::remove_dir_all(&folder)?;
    held.commit().await?;
    Outcome::of(run.wait_with_output()?)
}

fn is_empty(folder: &Path) -> std::io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}
