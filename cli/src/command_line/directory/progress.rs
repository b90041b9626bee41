//! How far an import has come, on standard error.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::command_line::output::count;

/// A bar on a terminal, plain lines elsewhere.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// For this many rows in all files together.
    pub(super) fn start(rows: u64) -> Self {
        if !stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new(rows);
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} [{bar:30}] {pos}/{len} lignes, {elapsed} · {wide_msg}",
        ) {
            bar.set_style(style.progress_chars("=> "));
        }
        // A file is written in one piece: the spinner shows that the work goes on meanwhile.
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    /// A file is being written.
    pub(super) fn file(&self, name: &str, schools: usize) {
        let schools = count(schools as u64, "collège", "collèges");
        match &self.0 {
            Some(bar) => bar.set_message(format!("{name} : {schools}")),
            None => eprintln!("{name} : import de {schools}…"),
        }
    }

    /// A file of this many rows is written.
    pub(super) fn done(&self, rows: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(rows);
        }
    }

    /// Everything is written: the report takes the place of the bar.
    pub(super) fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}
