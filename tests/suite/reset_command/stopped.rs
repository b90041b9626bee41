//! Ctrl-C in the middle of a run.

use std::time::{Duration, Instant};

use acceptance::{
    audit,
    command_line::{Outcome, run_and_stop, spawn},
    engine::Engine,
    on_both_engines,
    world::World,
};
use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::time::sleep;

use super::{SIZE, opened, two_schools};

on_both_engines!(
    a_run_that_is_stopped_goes_on_where_it_was,
    who_cannot_wait_asks_again,
);

/// As many as a run has more than one transaction for, several times over.
const SCHOOLS: usize = 8;
const PUPILS_EACH: usize = 2_000;

/// How long a run may take to end, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_mins(1);

const OPENED: &str = "SELECT COUNT(*) FROM events WHERE event_type = 'SchoolYearOpened'";

/// An operator presses Ctrl-C, and goes on the next day: each school is in the old year or in the new one,
/// and the report says which.
async fn a_run_that_is_stopped_goes_on_where_it_was(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    for _ in 0..SCHOOLS {
        let school = world.school(SIZE).await?;
        world.crowd(&school.uai, PUPILS_EACH).await?;
    }
    let year = world.next_school_year()?.label();
    let args = ["reset", "--school-year", &year, "--yes", "--json"];
    let stopped = run_and_stop(&world, &args, &[], OPENED).await?.ended(3)?;
    let report = stopped.json()?;
    let left = report["left"].as_u64().context("how many are left")?;
    ensure!(left > 0 && report["failed"] == json!([]), "{report:#}");
    for says in [
        "Arrêt demandé",
        &format!("{left} établissement"),
        "relancez la même commande",
    ] {
        ensure!(stopped.err.contains(says), "{says}: {stopped:#?}");
    }
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

/// What is under way waits for a lock that nobody knows who holds, or for a database that hangs. Somebody at a
/// terminal wants it back, and presses Ctrl-C again.
async fn who_cannot_wait_asks_again(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    two_schools(&world).await?;
    let events = world.event_count().await?;
    let year = world.next_school_year()?.label();
    let held = world.hold().await?;
    let args = ["reset", "--school-year", &year, "--yes"];
    let mut run = spawn(&world.database.url, &args, &[])?;
    let begun = Instant::now();
    while run.try_wait()?.is_none() {
        ensure!(begun.elapsed() < LIMIT, "it does not end");
        if catches_ctrl_c(run.id())? {
            kill_process(Pid::from_child(&run), Signal::INT)?;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let ended = Outcome::of(run.wait_with_output()?)?.ended(3)?;
    for says in ["Arrêt demandé", "arrêté aussitôt"] {
        ensure!(ended.err.contains(says), "{says}: {ended:#?}");
    }
    held.commit().await?;
    ensure!(world.event_count().await? == events);
    let report = opened(&world, &[])?;
    ensure!(report["totals"]["establishments"] == 2, "{report:#}");
    audit::everything(world.store()).await?;
    Ok(())
}

/// Whether a process does something of its own about SIGINT (proc(5), `SigCgt`): before that, it would just end.
fn catches_ctrl_c(pid: u32) -> anyhow::Result<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = u64::from_str_radix(caught.context("no SigCgt")?.trim(), 16)?;
    Ok(caught & (1 << (Signal::INT.as_raw() - 1)) != 0)
}
