//! `monstage admin replace-head`: a member of the staff becomes its head at once.

use accounts::{account, session::EndAll};
use commands::{By, CommandError, Commands, Refusal, replace_head::ReplaceHead};
use domain::{
    ids::{CorrelationId, PersonId},
    values::{EmailAddress, Uai},
};
use mail::{Message, Post};
use projections::{classes::OnlyStaffTeach, directory};
use serde::Serialize;
use store::Write;

use super::super::{CliError, database, output::Format};
use crate::config::DatabaseSettings;

#[derive(clap::Args)]
pub(in super::super) struct Options {
    /// Establishment, by its national number
    #[arg(long)]
    uai: Uai,
    /// Address of the member of its staff who becomes its head; the present head leaves the staff
    #[arg(long)]
    email: EmailAddress,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    format: Format,
}

#[derive(Serialize)]
struct Report {
    establishment: Uai,
    head: PersonId,
    email: EmailAddress,
    previous: Option<PersonId>,
}

pub(in super::super) async fn run(options: Options) -> Result<(), CliError> {
    let store = database::open_migrated(&options.database).await?;
    let report = replace(&database::commands(&store), options.uai, options.email).await?;
    store.close().await;
    Ok(options.format.print(&report, text)?)
}

async fn replace(commands: &Commands, uai: Uai, email: EmailAddress) -> Result<Report, CliError> {
    let (known, previous) = {
        let mut reader = commands.store().reader().await?;
        let conn = &mut reader.conn();
        let known = account::find(conn, &email).await?;
        (known, directory::head(conn, &uai).await?)
    };
    let not_staff = || CliError::NotStaff {
        uai: uai.to_string(),
        email: email.to_string(),
    };
    let head = known.ok_or_else(not_staff)?.id;
    let previous = previous.filter(|previous| *previous != head);
    match hand_over(commands, &uai, head, previous).await {
        Err(CommandError::Refused(Refusal::StaffNotFound)) => Err(not_staff()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Report {
            establishment: uai,
            head,
            email,
            previous,
        }),
    }
}

/// Nobody is told when they are the head already.
async fn hand_over(
    commands: &Commands,
    uai: &Uai,
    head: PersonId,
    previous: Option<PersonId>,
) -> Result<(), CommandError> {
    let clock = commands.clock();
    let command = ReplaceHead {
        establishment: uai.clone(),
        head,
    };
    let by = By::system(CorrelationId::new(clock.new_uuid()));
    let Some(previous) = previous else {
        return commands.execute(&by, &command).await.map(|_| ());
    };
    let message = Message::HeadActivated {
        establishment: uai.clone(),
        head,
    };
    let (sessions, class) = (EndAll(previous), OnlyStaffTeach(uai.clone()));
    let post = Post::new(clock, message);
    let writes: [&dyn Write; 3] = [&sessions, &class, &post];
    commands
        .execute_with(&by, &command, &writes)
        .await
        .map(|_| ())
}

fn text(report: &Report) -> String {
    match report.previous {
        None => format!(
            "{} est déjà à la tête de l'établissement {} : rien n'a changé.\n",
            report.email, report.establishment
        ),
        Some(_) => format!(
            "{} est désormais à la tête de l'établissement {} ; son prédécesseur n'en fait plus \
             partie et ses sessions sont terminées.\n",
            report.email, report.establishment
        ),
    }
}
