//! Ctrl-C in the middle of a run.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use acceptance::{audit, binary::monstage, engine::Engine, on_both_engines, world::World};
use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{SIZE, next, opened};

on_both_engines!(a_run_that_is_stopped_goes_on_where_it_was);

/// As many as a run has more than one transaction for, several times over.
const SCHOOLS: usize = 8;
const PUPILS_EACH: usize = 2_000;

/// An operator presses Ctrl-C, and goes on the next day: each school is in the old year or in the new one,
/// and the report says which.
async fn a_run_that_is_stopped_goes_on_where_it_was(engine: Engine) -> anyhow::Result<()> {
    const OPENED: &str = "SELECT COUNT(*) FROM events WHERE event_type = 'SchoolYearOpened'";
    let world = World::new(engine).await?;
    for _ in 0..SCHOOLS {
        let school = world.school(SIZE).await?;
        world.crowd(&school.uai, PUPILS_EACH).await?;
    }
    let year = next(&world)?.year().to_string();
    let running = Command::new(monstage()?)
        .args(["reset", "--school-year", &year, "--yes", "--json"])
        .env("DATABASE_URL", &world.database.url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    while world.count(OPENED).await? == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    kill_process(Pid::from_child(&running), Signal::INT)?;
    let stopped = running.wait_with_output()?;
    ensure!(stopped.status.code() == Some(3), "{stopped:?}");
    let told = String::from_utf8(stopped.stderr)?;
    let report: Value = serde_json::from_slice(&stopped.stdout)?;
    let left = report["left"].as_u64().context("how many are left")?;
    ensure!(left > 0 && report["failed"] == json!([]), "{report:#}");
    ensure!(told.contains(&format!("{left} établissement")), "{told}");
    ensure!(told.contains("relancez la même commande"), "{told}");
    let done = report["totals"]["establishments"].as_u64();
    ensure!(usize::try_from(done.context("how many are done")? + left)? == SCHOOLS);
    ensure!(u64::try_from(world.count(OPENED).await?)? == done.unwrap_or_default());

    let rest = opened(&world, &[])?;
    ensure!(
        rest["totals"]["establishments"] == left && rest["left"] == 0,
        "{rest:#}"
    );
    ensure!(rest["already_open"] == 0);
    ensure!(usize::try_from(world.count(OPENED).await?)? == SCHOOLS);
    audit::everything(world.store()).await?;
    Ok(())
}
