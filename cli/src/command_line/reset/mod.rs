//! `monstage reset`: a new school year in every establishment.

mod error;
mod report;
mod rules;
mod summary;

use std::{
    collections::HashMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use accounts::account;
use chrono::NaiveDate;
use commands::{By, Commands};
use domain::{
    actor::Actor,
    ids::CorrelationId,
    values::{EmailAddress, Role, Uai},
};
use projections::last_year::Behind;
use store::Conn;

use self::{
    error::ResetError,
    report::{Asked, ResetReport},
};
use super::{
    confirm::confirm,
    database,
    error::{Failure as _, FileError, Result},
    output::{CommonOptions, Format},
    progress::Progress,
    serve::stop_signal,
    whole_file::WholeFile,
};
use crate::reset::{self, EVENTS_AT_ONCE, Opening, Outcome, Scope};

#[derive(clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    scope: Scope,
    /// Only show what it would do
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Address of the administrator who answers for it: the history names them
    #[arg(long, value_name = "EMAIL")]
    by: Option<EmailAddress>,
    /// Also write the report to FILE, as JSON: ids and counts, no names of people or establishments
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    common: CommonOptions,
}

pub(super) async fn run(options: Options) -> Result {
    let store = database::open_to_write(&options.common.database).await?;
    let result = reset(&database::commands(&store), &options).await;
    store.close().await;
    result
}

/// Shows what it is about to do, has it confirmed, does it, and reports.
async fn reset(commands: &Commands, options: &Options) -> Result {
    let (scope, clock) = (&options.scope, commands.clock());
    let today = clock.now().date_naive();
    let (actor, behind) = look(commands, options, today).await?;
    let mut asked = Asked {
        run: None,
        actor,
        scope,
        started_at: clock.now(),
    };
    // Before hours of work, not after.
    let file = options.report.as_deref().map(create).transpose()?;
    let planned = ResetReport::of(&asked, &behind, HashMap::new(), clock.now());
    let summary = summary::of(&planned, today);
    if options.dry_run {
        keep(&planned, file).map_err(|(file, error)| FileError { file, error })?;
        return options.common.format.print(&planned, |_| summary);
    }
    if !behind.is_empty() {
        eprint!("{summary}");
        if !options.yes {
            confirm(&scope.school_year.year().to_string())?;
        }
    }
    // Runs are listed in the order of their numbers: this one begins now.
    let by = By {
        actor,
        correlation: CorrelationId::new(clock.new_uuid()),
        once: None,
    };
    asked.run = Some(by.correlation);
    asked.started_at = clock.now();
    let outcomes = carry_out(commands, by, scope, &behind).await?;
    let report = ResetReport::of(&asked, &behind, outcomes, clock.now());
    done(&report, file, options.common.format)
}

/// Whatever becomes of the file, the report is printed too; and that some are left is worse than a report
/// that cannot be read.
fn done(report: &ResetReport, file: Option<WholeFile>, format: Format) -> Result {
    let kept = keep(report, file).map_err(|(file, error)| ResetError::ReportLost { file, error });
    let printed = format.print(report, ResetReport::text);
    let published = kept.map_err(Into::into).and(printed);
    if report.left == 0 {
        return published;
    }
    if let Err(error) = published {
        eprintln!("{error}");
    }
    Err(ResetError::NotAllOpened {
        left: report.left,
        first: report.failed.first().map(ToString::to_string),
    }
    .into())
}

/// Who answers for it, and where it has something to do.
async fn look(
    commands: &Commands,
    options: &Options,
    today: NaiveDate,
) -> Result<(Actor, Vec<Behind>)> {
    let mut reader = commands.store().reader().await?;
    let conn = &mut reader.conn();
    let actor = match &options.by {
        None => Actor::system(),
        Some(email) => administrator(conn, email).await?,
    };
    let behind = reset::plan(conn, &options.scope, today).await?;
    Ok((actor, behind))
}

async fn administrator(conn: &mut Conn<'_>, email: &EmailAddress) -> Result<Actor> {
    match account::find(conn, email).await? {
        Some(account) if account.role == Role::Administrator => Ok(Actor {
            id: account.id,
            role: account.role,
        }),
        _ => Err(ResetError::NotAdministrator(email.clone()).into()),
    }
}

/// What came of each establishment, up to a signal to stop or to what would fail everywhere.
async fn carry_out(
    commands: &Commands,
    by: By,
    scope: &Scope,
    behind: &[Behind],
) -> Result<HashMap<Uai, Outcome>> {
    let opening = Opening {
        by,
        school_year: scope.school_year,
        events_at_once: EVENTS_AT_ONCE,
    };
    let first = stop_signal()?;
    let progress = Progress::of(
        behind.len() as u64,
        "établissement traité",
        "établissements traités",
    );
    let stop = async {
        first.await;
        progress.say(
            "Arrêt demandé : les établissements en cours se terminent. Pour ne pas les attendre, demandez-le \
             encore une fois.",
        );
        tokio::spawn(end_at_once());
    };
    let mut outcomes = HashMap::with_capacity(behind.len());
    reset::run(commands, &opening, behind, stop, |uai, it| {
        outcomes.insert(uai.clone(), it);
        progress.at(outcomes.len() as u64);
    })
    .await;
    progress.finish();
    Ok(outcomes)
}

/// At the next signal, as if the plug were pulled: no transaction that is under way is waited for, nor the
/// report.
async fn end_at_once() {
    if let Ok(again) = stop_signal() {
        again.await;
        let error = ResetError::Abandoned;
        eprintln!("erreur : {error}");
        std::process::exit(error.exit().code().into());
    }
}

fn create(path: &Path) -> Result<WholeFile, FileError> {
    WholeFile::create(path).map_err(|error| FileError {
        file: path.to_owned(),
        error,
    })
}

/// Writes the report to its file, if it has one.
fn keep(report: &ResetReport, file: Option<WholeFile>) -> Result<(), (PathBuf, io::Error)> {
    let Some(mut file) = file else {
        return Ok(());
    };
    let path = file.path.clone();
    let written = serde_json::to_writer_pretty(&mut file.writer, report).map_err(io::Error::from);
    written
        .and_then(|()| file.writer.write_all(b"\n"))
        .and_then(|()| file.finish())
        .map_err(|error| (path, error))
}
