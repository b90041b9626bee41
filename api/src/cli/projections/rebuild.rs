//! `monstage projections rebuild`: read models filled anew from the log.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use projections::rebuild::rebuild;
use serde::Serialize;

use crate::{
    cli::{
        CliError, database, migrate,
        output::{Format, count},
    },
    config::DatabaseSettings,
};

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// The read models to rebuild, as `projections status` names them [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    format: Format,
}

#[derive(Serialize)]
struct Report {
    projections: Vec<&'static str>,
    events: u64,
    seconds: f64,
    events_per_second: f64,
    /// How long nobody could write, at the end.
    swap_milliseconds: u128,
}

pub(in crate::cli) async fn run(options: Options) -> Result<(), CliError> {
    let store = database::open(&options.database).await?;
    if migrate::version(&store).await?.is_none() {
        return Err(CliError::NotMigrated);
    }
    let projections = store.select(&options.names).map_err(|unknown| {
        let known = store.projections().iter().map(|known| known.name());
        CliError::NoProjection {
            name: unknown.to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        }
    })?;
    let progress = Progress::start(store.head().await?);
    let started = Instant::now();
    let rebuilt = rebuild(&store, &projections, |events| progress.at(events)).await?;
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();
    let report = Report {
        projections: projections.iter().map(|known| known.name()).collect(),
        events: rebuilt.events,
        seconds,
        events_per_second: rate(rebuilt.events, seconds),
        swap_milliseconds: rebuilt.swap.as_millis(),
    };
    store.close().await;
    Ok(options.format.print(&report, text)?)
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(events: u64, seconds: f64) -> f64 {
    events as f64 / seconds
}

fn text(report: &Report) -> String {
    format!(
        "{} : {} relus en {:.1} s ({:.0} par seconde), mise en place en {} ms\n",
        report.projections.join(", "),
        count(report.events, "événement", "événements"),
        report.seconds,
        report.events_per_second,
        report.swap_milliseconds,
    )
}

/// How far it has come, on standard error: a bar on a terminal, elsewhere a line now and then.
struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    said: std::cell::Cell<Duration>,
}

/// Between two lines.
const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// The log may have grown when it is at its end.
    fn start(head: i64) -> Self {
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
            said: std::cell::Cell::new(Duration::ZERO),
        }
    }

    fn at(&self, events: u64) {
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

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
