//! `monstage projections rebuild`: read models filled anew from the log.

use std::time::Instant;

use projections::rebuild::rebuild;
use serde::Serialize;
use store::{StoreError, SystemClock};

use crate::command_line::{
    database,
    error::{CommonError, Failure, Result},
    output::{CommonOptions, count},
    progress::{Progress, rate},
};

#[derive(clap::Args)]
pub(in crate::command_line) struct Options {
    /// The read models to rebuild, as `projections status` names them [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct RebuildReport {
    projections: Vec<&'static str>,
    events: u64,
    seconds: f64,
    events_per_second: f64,
    /// How long nobody could write, at the end.
    swap_milliseconds: u128,
}

#[derive(Debug, thiserror::Error)]
#[error("il n'y a pas de projection « {name} » : choisissez parmi {known}")]
struct NoProjection {
    name: String,
    known: String,
}

impl Failure for NoProjection {}

pub(in crate::command_line) async fn run(options: Options) -> Result {
    let store = database::open_to_write(&options.common.database).await?;
    let projections = store.select(&options.names).map_err(|unknown| {
        let known = store.projections().iter().map(|known| known.name());
        NoProjection {
            name: unknown.to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        }
    })?;
    let progress = Progress::start(store.head().await?);
    let started = Instant::now();
    let rebuilt = rebuild(&store, &SystemClock, &projections, |events| {
        progress.at(events);
    });
    let rebuilt = rebuilt.await.map_err(|error| match error {
        // No action is refused here: the log itself breaks the rule.
        StoreError::Unique { .. } => CommonError::Damaged(error),
        error => error.into(),
    })?;
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();
    let report = RebuildReport {
        projections: projections.iter().map(|known| known.name()).collect(),
        events: rebuilt.events,
        seconds,
        events_per_second: rate(rebuilt.events, seconds),
        swap_milliseconds: rebuilt.swap.as_millis(),
    };
    store.close().await;
    options.common.format.print(&report, text)
}

fn text(report: &RebuildReport) -> String {
    format!(
        "{} : {} relus en {:.1} s ({:.0} par seconde), mise en place en {} ms\n",
        report.projections.join(", "),
        count(report.events, "événement", "événements"),
        report.seconds,
        report.events_per_second,
        report.swap_milliseconds,
    )
}
