//! `monstage reset`: a new school year in every establishment.

mod report;
mod summary;

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use commands::{By, Commands};
use domain::{
    actor::Actor,
    ids::CorrelationId,
    values::{EmailAddress, Role, SchoolYear, Uai},
};
use projections::last_year::Behind;
use store::Conn;

use self::report::{Asked, Report};
use super::{
    CliError, confirm::confirm, database, output::Format, progress::Progress, serve::stop_signal,
    whole_file::WholeFile,
};
use crate::{
    accounts,
    config::DatabaseSettings,
    reset::{self, Outcome, PlanError, Scope},
};

#[derive(clap::Args)]
pub(super) struct Options {
    /// The year to open (2027, or 2027-2028): the next one, or the one under way where it is not open yet
    #[arg(long, value_name = "YEAR")]
    school_year: SchoolYear,
    /// Only in this academy, as the directory names it, case and accents aside
    #[arg(long)]
    academy: Option<String>,
    /// Only in this establishment, by its national number; may be given several times
    #[arg(long)]
    uai: Vec<Uai>,
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
    database: DatabaseSettings,
    #[command(flatten)]
    format: Format,
}

pub(super) async fn run(options: Options) -> Result<(), CliError> {
    let store = database::open_current(&options.database).await?;
    let outcome = reset(&database::commands(&store), &options).await;
    store.close().await;
    outcome
}

/// Shows what it is about to do, has it confirmed, does it, and reports.
async fn reset(commands: &Commands, options: &Options) -> Result<(), CliError> {
    let scope = Scope {
        school_year: options.school_year,
        academy: options.academy.clone(),
        establishments: options.uai.clone(),
    };
    let today = commands.clock().now().date_naive();
    let (actor, behind) = look(commands, options, &scope, today).await?;
    let mut asked = Asked {
        by: By {
            actor,
            correlation: CorrelationId::new(commands.clock().new_uuid()),
        },
        scope: &scope,
        dry_run: true,
        started_at: commands.clock().now(),
    };
    // Before hours of work, not after.
    let file = options.report.as_deref().map(create).transpose()?;
    let planned = Report::of(&asked, &behind, HashMap::new(), commands.clock().now());
    let summary = summary::of(&planned, today);
    if options.dry_run {
        return publish(&planned, file, options, summary);
    }
    if !behind.is_empty() {
        eprint!("{summary}");
        if !options.yes {
            confirm(&scope.school_year.year().to_string())?;
        }
    }
    asked.dry_run = false;
    asked.started_at = commands.clock().now();
    let outcomes = carry_out(commands, &asked, &behind).await?;
    let report = Report::of(&asked, &behind, outcomes, commands.clock().now());
    let published = publish(&report, file, options, report.text());
    done(&report, published)
}

/// That some are left is worse than a report that cannot be read.
fn done(report: &Report, published: Result<(), CliError>) -> Result<(), CliError> {
    if report.left == 0 {
        return published;
    }
    if let Err(error) = published {
        eprintln!("{error}");
    }
    Err(CliError::NotAllOpened {
        left: report.left,
        first: report.failed.first().map(ToString::to_string),
    })
}

/// Who answers for it, and where it has something to do.
async fn look(
    commands: &Commands,
    options: &Options,
    scope: &Scope,
    today: NaiveDate,
) -> Result<(Actor, Vec<Behind>), CliError> {
    let mut reader = commands.store().reader().await?;
    let conn = &mut reader.conn();
    let actor = match &options.by {
        None => Actor::system(),
        Some(email) => administrator(conn, email).await?,
    };
    let behind = reset::plan(conn, scope, today).await;
    let behind = behind.map_err(|error| refused(error, scope.school_year))?;
    Ok((actor, behind))
}

async fn administrator(conn: &mut Conn<'_>, email: &EmailAddress) -> Result<Actor, CliError> {
    match accounts::find(conn, email).await? {
        Some(account) if account.role == Role::Administrator => Ok(Actor {
            id: account.id,
            role: account.role,
        }),
        _ => Err(CliError::NotAdministrator(email.to_string())),
    }
}

/// What would be right.
fn refused(error: PlanError, asked: SchoolYear) -> CliError {
    match error {
        PlanError::Past { running } => CliError::PastSchoolYear { asked, running },
        PlanError::TooFar { running, next } => CliError::FarSchoolYear {
            asked,
            running,
            next,
        },
        PlanError::NotYet {
            establishments,
            running,
        } => CliError::NotYetInSchoolYear {
            establishments,
            running,
        },
        PlanError::Academy { asked, known } => CliError::NoAcademy { asked, known },
        PlanError::Establishment(uai) => CliError::NotListed(uai.to_string()),
        PlanError::Store(error) => error.into(),
    }
}

/// What came of each establishment, up to a signal to stop or to what would fail everywhere.
async fn carry_out(
    commands: &Commands,
    asked: &Asked<'_>,
    behind: &[Behind],
) -> Result<HashMap<Uai, Outcome>, CliError> {
    let stop = stop_signal()?;
    let progress = Progress::of(
        behind.len() as u64,
        "établissement traité",
        "établissements traités",
    );
    let mut outcomes = HashMap::with_capacity(behind.len());
    let school_year = asked.scope.school_year;
    reset::run(commands, &asked.by, school_year, behind, stop, |uai, it| {
        outcomes.insert(uai.clone(), it);
        progress.at(outcomes.len() as u64);
    })
    .await;
    progress.finish();
    Ok(outcomes)
}

fn create(path: &Path) -> Result<WholeFile, CliError> {
    WholeFile::create(path).map_err(|error| unwritten(path, error))
}

fn unwritten(path: &Path, error: std::io::Error) -> CliError {
    CliError::File {
        file: path.display().to_string(),
        error,
    }
}

/// In the file first, which keeps it whatever becomes of standard output.
fn publish(
    report: &Report,
    file: Option<WholeFile>,
    options: &Options,
    text: String,
) -> Result<(), CliError> {
    if let (Some(file), Some(path)) = (file, &options.report) {
        write(report, file).map_err(|error| unwritten(path, error))?;
    }
    Ok(options.format.print(report, |_| text)?)
}

fn write(report: &Report, mut file: WholeFile) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut file, report)?;
    file.write_all(b"\n")?;
    file.finish()
}
