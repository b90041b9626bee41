//! `monstage erase`: the personal data of people who asked for it, or whose time is over.

mod error;
mod list;
mod plan;
mod report;

use std::{path::PathBuf, pin::pin};

use accounts::erasing;
use chrono::{DateTime, NaiveDate, Utc};
use commands::{By, CommandError, Commands};
use domain::{
    ids::{CorrelationId, PersonId, StudentId},
    values::LocalTime,
};
use futures::FutureExt;

use self::{
    error::EraseError,
    plan::{Plan, Way},
    report::{ErasureReport, Failed},
};
use super::{
    confirm::confirm, database, error::Result, output::Format, progress::Progress,
    serve::stop_signal,
};
use crate::config::{DatabaseSettings, MailDestination};

const CONFIRMATION: &str = "effacer";

#[derive(clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    whom: Whom,
    /// Only show whom it would erase
    #[arg(long, conflicts_with = "export")]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    mail: MailDestination,
    #[command(flatten)]
    format: Format,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// A pupil, wherever they are; they leave their class and establishment
    #[arg(long, value_name = "ID")]
    student: Option<StudentId>,
    /// A former member of a staff: whoever is still on one is removed by its head first
    #[arg(long, value_name = "ID")]
    staff: Option<PersonId>,
    /// The pupils who have been in no establishment since before this day (2027-08-31), in UTC
    #[arg(long, value_name = "DATE", value_parser = day)]
    released_before: Option<DateTime<Utc>>,
    /// Those whom the log says were erased, should their data be back; with FILE, from --export, also those
    /// whose erasure the log has lost. For a database restored from a backup
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(
        clippy::option_option,
        reason = "clap's way to say a flag with an optional value"
    )]
    reapply: Option<Option<PathBuf>>,
    /// Nobody: write the list of those who were erased to FILE, to keep beside the backups
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

fn day(text: &str) -> Result<DateTime<Utc>, String> {
    let wrong = |_| "a day such as 2027-08-31".to_owned();
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(wrong)?;
    Ok(LocalTime::utc().start(day))
}

pub(super) async fn run(options: Options) -> Result {
    let listed = match &options.whom.reapply {
        Some(Some(file)) => list::read(file)?,
        _ => Vec::new(),
    };
    let store = database::open_to_write(&options.database).await?;
    let commands = database::commands(&store);
    let result = match &options.whom.export {
        Some(file) => list::export(&store, file, options.format).await,
        None => erase(&commands, &options, listed).await,
    };
    store.close().await;
    result
}

/// Shows the plan, has it confirmed, and carries it out.
async fn erase(commands: &Commands, options: &Options, listed: Vec<erasing::Person>) -> Result {
    let plan = Plan::make(commands.store(), &options.whom, listed).await?;
    if options.dry_run {
        let report = ErasureReport::of(&plan, true);
        return options.format.print(&report, |_| plan.text());
    }
    if !plan.steps.is_empty() {
        eprint!("{}", plan.text());
        if !options.yes {
            confirm(CONFIRMATION)?;
        }
    }
    let mut report = ErasureReport::of(&plan, false);
    let result = carry_out(commands, &options.mail, &plan, &mut report).await;
    if report.left == 0 || !plan.is_one_person() {
        options.format.print(&report, ErasureReport::text)?;
    }
    result
}

/// Messages go before the people they are found by, so that a run that is killed leaves none that the next
/// one does not find; and once more after, for those that were being written meanwhile.
async fn carry_out(
    commands: &Commands,
    mail: &MailDestination,
    plan: &Plan,
    report: &mut ErasureReport,
) -> Result {
    let store = commands.store();
    let about = erasing::subjects(store, plan.everybody()).await?;
    let messages = || async {
        let removed = mail.mail_url.remove(about.clone()).await;
        removed.map_err(EraseError::MailFolder)
    };
    report.messages_removed = messages().await?;
    let result = erase_each(commands, plan, report).await;
    report.messages_removed += messages().await?;
    report.files_cleaned = store.clean_files().await?;
    result?;
    if report.files_cleaned {
        Ok(())
    } else {
        Err(EraseError::FilesNotCleaned.into())
    }
}

/// Each person in a transaction of their own, up to a signal to stop, or to what would fail for everybody.
async fn erase_each(commands: &Commands, plan: &Plan, report: &mut ErasureReport) -> Result {
    let mut stop = pin!(stop_signal()?);
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    let people = plan.steps.len() as u64;
    let progress = Progress::of(people, "personne effacée", "personnes effacées");
    let mut last = None;
    for &(person, way) in &plan.steps {
        if stop.as_mut().now_or_never().is_some() {
            break;
        }
        match take(commands, &by, person, way).await {
            Ok(new) => report.done(new),
            Err(error) => {
                // A stream that cannot be read keeps nobody else from being erased.
                let over = error.is_outage();
                let error = error::not_erased(person.id, error);
                report.failed.push(Failed::new(person, &*error));
                last = Some(error);
                if over {
                    break;
                }
            }
        }
        progress.at(report.erased as u64);
    }
    progress.finish();
    match (report.left, last) {
        (0, _) => Ok(()),
        (_, Some(error)) if plan.is_one_person() => Err(error),
        (left, _) => Err(EraseError::NotAllErased {
            left,
            first: report.failed.first().map(ToString::to_string),
        }
        .into()),
    }
}

/// Whether the log did not know of it yet.
async fn take(
    commands: &Commands,
    by: &By,
    person: erasing::Person,
    way: Way,
) -> Result<bool, CommandError> {
    match way {
        Way::First => erasing::erase(commands, by, person).await,
        Way::Anew => erasing::erase_anew(commands, by, person).await,
        Way::Again => {
            erasing::remove_again(commands.store(), person.id).await?;
            Ok(false)
        }
    }
}
