//! `monstage admin invite-head`: a head whom the directory gives no way to recognise, or who takes over.

use accounts::{
    account,
    headship::{HeadInvited, invite_head},
};
use chrono::{DateTime, Utc};
use commands::{By, CommandError, Commands, Refusal};
use domain::{
    ids::{CorrelationId, InvitationId},
    values::{EmailAddress, Uai},
};
use projections::directory;
use serde::Serialize;

use super::super::{
    database,
    error::{Failure, NotListed, Result},
    output::CommonOptions,
};

#[derive(clap::Args)]
pub(in super::super) struct Options {
    /// Establishment, by its national number
    #[arg(long)]
    uai: Uai,
    /// Address of its head, whatever the rule for staff addresses says
    #[arg(long)]
    email: EmailAddress,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct HeadInvitation {
    invitation: InvitationId,
    establishment: Uai,
    name: String,
    email: EmailAddress,
    expires_at: DateTime<Utc>,
    /// Whether following it takes the place of another head.
    hands_over: bool,
    /// Whether it makes a head of the only main teacher: pupils then cannot sign up until another joins.
    takes_last_main_teacher: bool,
}

#[derive(Debug, thiserror::Error)]
enum InviteHeadError {
    #[error(
        "l'établissement {0} n'est ni REP ni REP+ : un administrateur doit d'abord l'admettre par \
         dérogation"
    )]
    NotEligible(Uai),
    #[error("l'établissement {0} est fermé selon l'annuaire : il n'accueille plus personne")]
    Closed(Uai),
    #[error("{0} est déjà à la tête de cet établissement : il n'y a rien à faire")]
    AlreadyHead(EmailAddress),
    #[error(
        "une invitation à une autre fonction attend déjà à l'adresse {0} : le chef d'établissement \
         doit d'abord l'annuler"
    )]
    InvitedOtherwise(EmailAddress),
}

impl Failure for InviteHeadError {}

pub(in super::super) async fn run(options: Options) -> Result {
    let store = database::open_migrated(&options.common.database).await?;
    let report = invite(&database::commands(&store), options.uai, options.email).await?;
    store.close().await;
    options.common.format.print(&report, text)
}

/// Invited already, the head gets a new link.
async fn invite(commands: &Commands, uai: Uai, email: EmailAddress) -> Result<HeadInvitation> {
    let (entry, known) = {
        let mut reader = commands.store().reader().await?;
        let conn = &mut reader.conn();
        let known = account::find(conn, &email).await?;
        (directory::get(conn, &uai).await?, known)
    };
    let entry = entry.ok_or_else(|| NotListed(uai.clone()))?;
    let main_teachers = super::main_teachers(commands, &uai).await?;
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    let sent = match invite_head(commands, &by, &uai, &email).await {
        Ok(HeadInvited::Sent(sent) | HeadInvited::SentAgain(sent)) => sent,
        Ok(HeadInvited::IsHead) => return Err(InviteHeadError::AlreadyHead(email).into()),
        Err(CommandError::Refused(Refusal::AlreadyInvited)) => {
            return Err(InviteHeadError::InvitedOtherwise(email).into());
        }
        Err(CommandError::Refused(Refusal::EstablishmentNotEligible)) => {
            return Err(InviteHeadError::NotEligible(uai).into());
        }
        Err(CommandError::Refused(Refusal::EstablishmentClosed)) => {
            return Err(InviteHeadError::Closed(uai).into());
        }
        Err(error) => return Err(error.into()),
    };
    Ok(HeadInvitation {
        invitation: sent.invitation,
        establishment: uai,
        name: entry.name,
        email,
        expires_at: sent.expires_at,
        hands_over: entry.registered,
        takes_last_main_teacher: known.is_some_and(|it| main_teachers == [it.id]),
    })
}

fn text(report: &HeadInvitation) -> String {
    let hands_over = if report.hands_over {
        "\nCelui qui la suit prend la place du chef d'établissement actuel."
    } else {
        ""
    };
    let last = if report.takes_last_main_teacher {
        "\nC'est le seul professeur principal : dès ce moment les élèves ne pourront plus s'inscrire, jusqu'à ce \
         qu'un autre ait rejoint l'équipe."
    } else {
        ""
    };
    format!(
        "Invitation de chef d'établissement : {} ({}), {}\n\
         Un serveur (monstage serve) l'envoie aussitôt ; son lien est valable 14 jours.{hands_over}{last}\n",
        report.name, report.establishment, report.email
    )
}
