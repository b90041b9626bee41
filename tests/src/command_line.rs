//! The program as a command: run to its end, with what it printed.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use rustix::{
    fs::{self, Mode, OFlags},
    io::Errno,
    process::{Pid, Signal, kill_process},
    pty::{self, OpenptFlags},
};
use serde_json::Value;
use tokio::time::sleep;

use crate::{binary::monstage, world::World};

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// What it printed as its result.
    pub out: String,
    /// What it printed besides: progress, logs, errors.
    pub err: String,
}

/// Runs `monstage` with these arguments on a database.
pub fn run(database_url: &str, args: &[&str]) -> anyhow::Result<Outcome> {
    run_with(database_url, args, &[])
}

/// Runs `monstage` with more environment variables.
pub fn run_with(
    database_url: &str,
    args: &[&str],
    environment: &[(&str, &str)],
) -> anyhow::Result<Outcome> {
    Outcome::of(spawn(database_url, args, environment)?.wait_with_output()?)
}

/// Runs `monstage`, and asks it to stop, as Ctrl-C does, once `begun` counts something.
pub async fn run_and_stop(
    world: &World,
    args: &[&str],
    environment: &[(&str, &str)],
    begun: &'static str,
) -> anyhow::Result<Outcome> {
    let process = spawn(&world.database.url, args, environment)?;
    while world.count(begun).await? == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    kill_process(Pid::from_child(&process), Signal::INT)?;
    Outcome::of(process.wait_with_output()?)
}

/// Begins to run `monstage`, for whoever does something meanwhile.
pub fn spawn(
    database_url: &str,
    args: &[&str],
    environment: &[(&str, &str)],
) -> anyhow::Result<Child> {
    let mut command = Command::new(monstage()?);
    command
        .args(args)
        .env("DATABASE_URL", database_url)
        .envs(environment.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command.spawn()?)
}

/// Runs `monstage` for somebody at a terminal who types `line` when asked. What it prints as its result is
/// not on the terminal.
pub fn run_at_terminal(database_url: &str, args: &[&str], line: &str) -> anyhow::Result<Outcome> {
    let (mut ours, theirs) = terminal()?;
    let process = Command::new(monstage()?)
        .args(args)
        .env("DATABASE_URL", database_url)
        .stdin(theirs.try_clone()?)
        .stdout(Stdio::piped())
        .stderr(theirs)
        .spawn()?;
    // It waits there until the program reads.
    ours.write_all(format!("{line}\n").as_bytes())?;
    let screen = thread::spawn(move || screen(ours));
    let mut output = process.wait_with_output()?;
    output.stderr = screen
        .join()
        .map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    Outcome::of(output)
}

/// Both ends of a new one.
fn terminal() -> anyhow::Result<(File, OwnedFd)> {
    let ours = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    pty::grantpt(&ours)?;
    pty::unlockpt(&ours)?;
    let name = pty::ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = fs::open(name, flags, Mode::empty())?;
    Ok((ours.into(), theirs))
}

/// All that was shown, once nobody holds the other end any more.
fn screen(mut ours: File) -> std::io::Result<Vec<u8>> {
    let mut shown = Vec::new();
    match ours.read_to_end(&mut shown) {
        // How Linux says that.
        Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(shown),
        outcome => outcome.map(|_| shown),
    }
}

impl Outcome {
    /// Of a command that ended by itself.
    pub fn of(output: Output) -> anyhow::Result<Self> {
        Ok(Self {
            code: output.status.code().context("ended by a signal")?,
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Fails unless the command ended with this code.
    pub fn ended(self, code: i32) -> anyhow::Result<Self> {
        ensure!(self.code == code, "ended with {}: {self:#?}", self.code);
        Ok(self)
    }

    /// The one JSON value that the command printed.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.out).with_context(|| format!("not JSON: {self:#?}"))
    }
}
