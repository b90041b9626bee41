//! A history that is long: taken away as a whole, or bit by bit.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use acceptance::{
    binary::monstage,
    command_line,
    engine::Engine,
    on_both_engines,
    world::{Size, World},
};
use anyhow::{Context as _, ensure};
use serde_json::Value;

on_both_engines!(
    a_long_history_needs_no_more_memory_than_a_short_one,
    the_command_line_goes_on_where_it_was,
);

/// Events of a long history, and how many are appended at once.
const LONG: usize = 100_000;
const AT_ONCE: usize = 10_000;

/// What the program may take, in KiB: 100 MiB.
const MEMORY: u64 = 100 * 1024;

/// An inspector takes ten years of a country away. The machine that writes it is the one that staff work on.
async fn a_long_history_needs_no_more_memory_than_a_short_one(
    engine: Engine,
) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let uai = world.school(Size::default()).await?.uai;
    for _ in 0..LONG / AT_ONCE {
        world.crowd(&uai, AT_ONCE).await?;
    }
    let events = usize::try_from(world.event_count().await?)?;
    for (args, lines) in [
        (&["--format", "ndjson"][..], events),
        (&["--format", "csv"], events + 1),
        (&["--format", "table", "--limit", "1000000"], events + 1),
    ] {
        let file = world.database.folder.path().join("out");
        let mut child = Command::new(monstage()?)
            .args([&["audit", "log"], args].concat())
            .env("DATABASE_URL", &world.database.url)
            .stdin(Stdio::null())
            .stdout(File::create(&file)?)
            .spawn()?;
        let mut peak = 0;
        let ended = loop {
            peak = peak_memory(child.id()).unwrap_or(peak);
            if let Some(ended) = child.try_wait()? {
                break ended;
            }
            thread::sleep(Duration::from_millis(5));
        };
        ensure!(ended.success() && peak > 0, "{args:?}: {ended}");
        let written = BufReader::new(File::open(&file)?).lines().count();
        ensure!(written == lines, "{args:?}: {written} lines, not {lines}");
        ensure!(peak < MEMORY, "{args:?} took {peak} KiB");
    }
    Ok(())
}

/// The most that a process ever took, in KiB; none once it has ended.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// A script fetches the history bit by bit. Events of one action share their instant, so that no instant tells
/// them apart: by the position of the last one it gets each once.
async fn the_command_line_goes_on_where_it_was(engine: Engine) -> anyhow::Result<()> {
    let world = World::new(engine).await?;
    let size = Size {
        classes: 2,
        students_per_class: 3,
        without_class: 1,
    };
    let school = world.school(size).await?;
    world.school(size).await?;
    let url = &world.database.url;
    let run = |args: &[&str]| command_line::run(url, &[&["audit", "log"], args].concat());
    for filter in [&[][..], &["--establishment", school.uai.as_str()]] {
        let whole = run(&[filter, &["--json"]].concat())?.ended(0)?.out;
        let mut pieces = String::new();
        let mut last: Option<String> = None;
        loop {
            let after = last.as_deref().map(|last| ["--after", last]);
            let after = after.as_ref().map_or(&[][..], |after| after);
            let piece = run(&[filter, &["--json", "--limit", "7"], after].concat())?;
            let piece = piece.ended(0)?.out;
            let Some(line) = piece.lines().last() else {
                break;
            };
            let event: Value = serde_json::from_str(line)?;
            last = Some(event["position"].to_string());
            pieces += &piece;
        }
        ensure!(pieces == whole && whole.lines().count() > 14, "{pieces}");
        let last = last.context("an event")?;
        let table = run(&[filter, &["--limit", "3", "--after", &last]].concat())?.ended(0)?;
        ensure!(table.out == "Aucun événement.\n", "{table:#?}");
    }
    let nowhere = run(&["--after", "999999"])?.ended(2)?;
    ensure!(nowhere.err.contains("999999"), "{nowhere:#?}");
    Ok(())
}
