//! How far an erasure of many has come, on standard error.

use std::{
    cell::Cell,
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on a terminal, elsewhere a line now and then.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    people: usize,
    said: Cell<Instant>,
}

/// Between two lines.
const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// For this many people.
    pub(super) fn start(people: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(people as u64);
            let template = "{spinner} [{bar:30}] {pos}/{len} personnes, reste {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self {
            bar,
            people,
            said: Cell::new(Instant::now()),
        }
    }

    /// So many are erased.
    pub(super) fn at(&self, erased: usize) {
        match &self.bar {
            Some(bar) => bar.set_position(erased as u64),
            None if self.said.get().elapsed() >= EVERY => {
                self.said.set(Instant::now());
                eprintln!("{erased} personnes effacées sur {}", self.people);
            }
            None => {}
        }
    }

    /// The report takes the place of the bar.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
