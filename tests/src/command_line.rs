//! The program as a command: run to its end, with what it printed.

use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::binary::monstage;

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
    let output = Command::new(monstage()?)
        .args(args)
        .env("DATABASE_URL", database_url)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()?;
    Outcome::of(output)
}

impl Outcome {
    fn of(output: Output) -> anyhow::Result<Self> {
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
