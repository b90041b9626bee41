//! Results on standard output.

use std::io::{self, Write};

use serde::Serialize;

use super::error::Result;
use crate::config::DatabaseSettings;

/// How a command that prints a result prints it.
#[derive(clap::Args, Clone, Copy)]
pub(super) struct Format {
    /// Print the result as one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What a command takes that reports on what it does with the database.
#[derive(clap::Args)]
pub(super) struct CommonOptions {
    #[command(flatten)]
    pub(super) database: DatabaseSettings,
    #[command(flatten)]
    pub(super) format: Format,
}

impl Format {
    /// Prints `result` as JSON, or as the text that people read.
    pub(super) fn print<T: Serialize>(self, result: &T, text: impl FnOnce(&T) -> String) -> Result {
        let text = if self.json {
            serde_json::to_string(result).map_err(io::Error::from)? + "\n"
        } else {
            text(result)
        };
        print(&text)
    }
}

/// Prints a text as it is. Unlike `print!`, a reader that went away is an error, not a panic.
pub(super) fn print(text: &str) -> Result {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// "1 ligne", "2 lignes": French counts 0 and 1 in the singular.
pub(super) fn count(number: u64, singular: &str, plural: &str) -> String {
    let noun = if number < 2 { singular } else { plural };
    format!("{number} {noun}")
}
