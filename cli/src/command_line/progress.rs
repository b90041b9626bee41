//! How far long work has come.

use std::{
    cell::Cell,
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::count;

/// How far it has come, on standard error: a bar on a terminal, elsewhere a line now and then.
pub(super) struct Progress {
    bar: ProgressBar,
    total: u64,
    /// One that is done, in French, and several.
    singular: &'static str,
    plural: &'static str,
    said: Cell<Duration>,
}

/// Between two lines.
const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// For a replay of the log. It may have grown when it is at its end.
    pub(super) fn start(head: i64) -> Self {
        let head = u64::try_from(head).unwrap_or_default();
        Self::of(head, "événement relu", "événements relus")
    }

    /// For so many of anything: "personne effacée", "personnes effacées".
    pub(super) fn of(total: u64, singular: &'static str, plural: &'static str) -> Self {
        let template = format!(
            "{{spinner}} [{{bar:30}}] {{pos}}/{{len}} {plural}, {{per_sec}}, reste {{eta}}"
        );
        Self {
            bar: bar(total, &template),
            total,
            singular,
            plural,
            said: Cell::new(Duration::ZERO),
        }
    }

    pub(super) fn at(&self, done: u64) {
        self.bar.set_position(done);
        let elapsed = self.bar.elapsed();
        if self.bar.is_hidden() && elapsed >= self.said.get() + EVERY {
            self.said.set(elapsed);
            eprintln!("{}", self.line(done, elapsed));
        }
    }

    /// Says something without a bar across it.
    pub(super) fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// The report takes the place of the bar.
    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
    }

    /// "120 événements relus sur 600, 40 par seconde, reste 12 s".
    fn line(&self, done: u64, elapsed: Duration) -> String {
        let rate = rate(done, elapsed.as_secs_f64());
        let decimals = usize::from(rate < 10.0);
        let mut line = format!(
            "{} sur {}, {rate:.decimals$} par seconde",
            count(done, self.singular, self.plural),
            self.total
        );
        if let Some(left) = self.time_left(done, elapsed) {
            line = line + ", reste " + &span(left);
        }
        line
    }

    /// As long as what is left takes when it goes on like that.
    fn time_left(&self, done: u64, elapsed: Duration) -> Option<Duration> {
        let left = u128::from(self.total.saturating_sub(done));
        let millis = (elapsed.as_millis() * left).checked_div(u128::from(done))?;
        Some(Duration::from_millis(u64::try_from(millis).ok()?))
    }
}

/// A bar on standard error, where that is a terminal.
pub(super) fn bar(total: u64, template: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// How many per second.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub(super) fn rate(number: u64, seconds: f64) -> f64 {
    number as f64 / seconds
}

/// "12 s", "3 min 20 s", "2 h 5 min".
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An operator reads these lines from a log, to know whether to wait or to go home.
    #[test]
    fn a_line_says_how_much_how_fast_and_how_long_still() {
        let line = |total, done, seconds| {
            let progress = Progress::of(total, "établissement traité", "établissements traités");
            progress.line(done, Duration::from_secs(seconds))
        };
        assert_eq!(
            line(600, 200, 5),
            "200 établissements traités sur 600, 40 par seconde, reste 10 s"
        );
        assert_eq!(
            line(7_000, 1, 2),
            "1 établissement traité sur 7000, 0.5 par seconde, reste 3 h 53 min"
        );
        assert_eq!(
            line(41, 20, 200),
            "20 établissements traités sur 41, 0.1 par seconde, reste 3 min 30 s"
        );
        assert_eq!(
            line(3, 0, 5),
            "0 établissement traité sur 3, 0.0 par seconde"
        );
    }

    /// The log grows while it is replayed.
    #[test]
    fn more_than_was_there_leaves_no_time() {
        let progress = Progress::start(100);
        assert_eq!(
            progress.line(120, Duration::from_secs(6)),
            "120 événements relus sur 100, 20 par seconde, reste 0 s"
        );
    }
}
