//! `monstage admin replace-head`: a member of the staff becomes its head at once.

use accounts::account;
use commands::{By, CommandError, Commands, Refusal, replace_head::ReplaceHead};
use domain::{
    ids::{CorrelationId, PersonId},
    values::{EmailAddress, Uai},
};
use serde::Serialize;

use super::super::{
    database,
    error::{Failure, Result},
    output::CommonOptions,
};
use super::main_teachers;

const NO_MAIN_TEACHER: &str = "Plus aucun professeur principal ne fait partie de l'équipe : les élèves ne peuvent pas s'inscrire \
    avant que le chef d'établissement en ait invité un.\n";

#[derive(clap::Args)]
pub(in super::super) struct Options {
    /// Establishment, by its national number
    #[arg(long)]
    uai: Uai,
    /// Address of the member of its staff who becomes its head; the present head leaves the staff
    #[arg(long)]
    email: EmailAddress,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct NewHead {
    establishment: Uai,
    head: PersonId,
    email: EmailAddress,
    previous: Option<PersonId>,
    /// Whether pupils cannot sign up until a main teacher joins the staff.
    awaits_main_teacher: bool,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "{email} ne fait pas partie de l'équipe de l'établissement {uai} : invitez cette personne avec \
     « monstage admin invite-head --uai {uai} --email {email} »"
)]
struct NotStaff {
    uai: Uai,
    email: EmailAddress,
}

impl Failure for NotStaff {}

pub(in super::super) async fn run(options: Options) -> Result {
    let store = database::open_migrated(&options.common.database).await?;
    let report = replace(&database::commands(&store), options.uai, options.email).await?;
    store.close().await;
    options.common.format.print(&report, text)
}

async fn replace(commands: &Commands, uai: Uai, email: EmailAddress) -> Result<NewHead> {
    let known = {
        let mut reader = commands.store().reader().await?;
        account::find(&mut reader.conn(), &email).await?
    };
    let not_staff = || NotStaff {
        uai: uai.clone(),
        email: email.clone(),
    };
    let head = known.ok_or_else(not_staff)?.id;
    let command = ReplaceHead {
        establishment: uai.clone(),
        head,
    };
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    match commands.execute(&by, &command).await {
        Err(CommandError::Refused(Refusal::StaffNotFound)) => Err(not_staff().into()),
        Err(error) => Err(error.into()),
        Ok(previous) => Ok(NewHead {
            awaits_main_teacher: main_teachers(commands, &uai).await?.is_empty(),
            establishment: uai,
            head,
            email,
            previous,
        }),
    }
}

fn text(report: &NewHead) -> String {
    match report.previous {
        None => format!(
            "{} est déjà à la tête de l'établissement {} : rien n'a changé.\n",
            report.email, report.establishment
        ),
        Some(_) => format!(
            "{} est désormais à la tête de l'établissement {} ; son prédécesseur n'en fait plus \
             partie et ses sessions sont terminées.\n{}",
            report.email,
            report.establishment,
            if report.awaits_main_teacher {
                NO_MAIN_TEACHER
            } else {
                ""
            }
        ),
    }
}
