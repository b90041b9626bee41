//! How far a replay of the log has come.

use std::{
    cell::Cell,
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// How far it has come, on standard error: a bar on a terminal, elsewhere a line now and then.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    said: Cell<Duration>,
}

/// Between two lines.
const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// The log may have grown when it is at its end.
    pub(super) fn start(head: i64) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(head).unwrap_or_default());
            let template = "{spinner} [{bar:30}] {pos}/{len} événements, {per_sec}, reste {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self {
            bar,
            started: Instant::now(),
            said: Cell::new(Duration::ZERO),
        }
    }

    pub(super) fn at(&self, events: u64) {
        let elapsed = self.started.elapsed();
        match &self.bar {
            Some(bar) => bar.set_position(events),
            None if elapsed >= self.said.get() + EVERY => {
                self.said.set(elapsed);
                let rate = rate(events, elapsed.as_secs_f64());
                eprintln!("{events} événements relus, {rate:.0} par seconde");
            }
            None => {}
        }
    }

    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Events per second.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub(super) fn rate(events: u64, seconds: f64) -> f64 {
    events as f64 / seconds
}
