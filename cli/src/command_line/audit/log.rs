//! `monstage audit log`: what happened, newest first.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    pin::pin,
};

use api::export::{Export, Form, PAGE};
use domain::{
    event::Event,
    ids::{ClassId, CorrelationId, PersonId, StudentId},
    values::{LocalTime, Uai},
};
use futures::TryStreamExt;
use projections::{
    directory,
    history::{self, Filter, HistoryItem},
};
use store::{Checkpoint, Store};
use web::instant::Moment;

use super::super::{
    database,
    error::{Failure, Result},
    output,
};
use crate::config::DatabaseSettings;

/// How many events a table shows when nobody says.
const DEFAULT_LIMIT: i64 = 50;

/// Each line is by the clock of the establishment that it concerns.
const HEADING: &str = "Date (heure locale)  Événement\n";

#[derive(clap::Args)]
pub(in super::super) struct Options {
    #[command(flatten)]
    filters: Filters,
    /// Show this many events at most
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..))]
    limit: Option<i64>,
    /// Go on after the event with this position, as ndjson and csv give it: with what came before it in time
    #[arg(long, value_name = "POSITION")]
    after: Option<i64>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The same as --format ndjson
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(clap::Args)]
struct Filters {
    /// Only what concerns this establishment, by its national number
    #[arg(long)]
    establishment: Option<Uai>,
    /// Only what happened to this class, and who came and left
    #[arg(long)]
    class: Option<ClassId>,
    /// Only what happened to this student
    #[arg(long)]
    student: Option<StudentId>,
    /// Only what this person did
    #[arg(long)]
    actor: Option<PersonId>,
    /// Only what one request or run did, in one establishment: opens a yearly reset into its parts
    #[arg(long, requires = "establishment")]
    correlation: Option<CorrelationId>,
    /// Only events of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = event_type)]
    event_type: Option<&'static str>,
    /// Only from this instant on (2027-03-12T08:00:00Z), or from the beginning of this day: a day by the clock of
    /// the establishment that is named, in UTC where none is
    #[arg(long)]
    since: Option<Moment>,
    /// Only before this instant, or until the end of this day
    #[arg(long)]
    until: Option<Moment>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// One line per event, for people
    Table,
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Ndjson,
}

fn event_type(text: &str) -> Result<&'static str, String> {
    Event::types()
        .find(|known| *known == text)
        .ok_or_else(|| format!("one of {}", Event::types().collect::<Vec<_>>().join(", ")))
}

#[derive(Debug, thiserror::Error)]
enum LogError {
    #[error(
        "l'établissement, la classe ou l'élève demandé n'existe pas, ou ne va pas avec les autres : \
         vérifiez --establishment, --class et --student"
    )]
    NoHistory,
    #[error(
        "aucun événement n'est à la position {0} : donnez à --after la position du dernier événement reçu"
    )]
    NoSuchPosition(i64),
}

impl Failure for LogError {}

pub(in super::super) async fn run(options: Options) -> Result {
    let store = database::open_current(&options.database).await?;
    let mut reader = store.reader().await?;
    let conn = &mut reader.conn();
    let clocks = directory::clocks(conn, &options.filters.establishment).await?;
    let clock = clocks.into_values().next().unwrap_or_else(LocalTime::utc);
    let mut filter = options.filters.by(clock);
    let before = {
        if !history::knows(conn, &filter).await? {
            return Err(LogError::NoHistory.into());
        }
        match options.after {
            Some(position) => {
                let place = history::place_of(conn, position).await?;
                Some(place.ok_or(LogError::NoSuchPosition(position))?)
            }
            None => None,
        }
    };
    drop(reader);
    let form = match options.format {
        _ if options.json => Some(Form::Ndjson),
        Format::Table => None,
        Format::Csv => Some(Form::Csv),
        Format::Ndjson => Some(Form::Ndjson),
    };
    if let Some(form) = form {
        let export = Export::new(store.clone(), filter, form, before, options.limit);
        print_all(export).await?;
    } else {
        filter.folded = true;
        let limit = options.limit.unwrap_or(DEFAULT_LIMIT);
        print_table(&store, &filter, before, limit).await?;
    }
    store.close().await;
    Ok(())
}

impl Filters {
    /// The filter that they are, where days are those of this clock.
    fn by(self, clock: LocalTime) -> Filter {
        Filter {
            establishment: self.establishment,
            class: self.class,
            student: self.student,
            actor: self.actor,
            event_type: self.event_type,
            since: self.since.map(|since| since.first(clock)),
            until: self.until.map(|until| until.end(clock)),
            correlation: self.correlation,
            folded: false,
        }
    }
}

async fn print_all(export: Export) -> Result {
    let mut stdout = io::stdout();
    let mut pieces = pin!(export.pieces());
    while let Some(piece) = pieces.try_next().await? {
        stdout.write_all(&piece)?;
    }
    Ok(stdout.flush()?)
}

/// Page by page, however many.
async fn print_table(
    store: &Store,
    filter: &Filter,
    mut before: Option<Checkpoint>,
    limit: i64,
) -> Result {
    let mut left = limit;
    while left > 0 {
        let mut reader = store.reader().await?;
        let page = history::page(&mut reader.conn(), filter, before, left.min(PAGE)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.checkpoint);
        let heading = if left == limit { HEADING } else { "" };
        output::print(&format!("{heading}{}", lines(&page)))?;
        left -= i64::try_from(page.len()).unwrap_or(left);
    }
    if left == limit {
        output::print("Aucun événement.\n")?;
    }
    Ok(())
}

/// When, by the clock there, then who did what.
fn lines(events: &[HistoryItem]) -> String {
    let mut text = String::new();
    for event in events {
        let at = event.clock.at(event.record.recorded_at);
        let at = at.format("%d/%m/%Y %H:%M:%S");
        let _ = writeln!(text, "{at}  {}", event.summary);
    }
    text
}
