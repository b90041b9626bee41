//! Inviting the head of an establishment, taking that back, and handing headship over: what must hold on every
//! way in.

use accounts::{
    headship::{HeadInvited, invite_head},
    inviting::Sent,
    throttling::Attempt,
};
use commands::{CommandError, Refusal, replace_head::ReplaceHead};
use domain::{
    ids::{InvitationId, PersonId},
    values::{StaffRole, Uai},
};
use projections::invitations as pending;

use crate::{
    AppState, ClientAddress,
    caller::Caller,
    fields,
    invitations::{self, about_the_address, address},
    permissions::Action,
    problem::{Code, FieldErrors, Problem, Wrong},
};

/// An invitation as head that is on its way.
pub struct Invited {
    /// The invitation.
    pub sent: Sent,
    /// Whether it had been sent before: then no event tells of it.
    pub again: bool,
}

/// Invites the head of an establishment, on behalf of a caller who may.
///
/// # Errors
///
/// What is wrong with the address stands on the field `email`.
pub async fn invite(
    state: &AppState,
    caller: &Caller,
    client: ClientAddress,
    establishment: &Uai,
    email: &str,
) -> Result<Invited, Problem> {
    caller.authorize(Action::AppointHead, establishment)?;
    let mut errors = FieldErrors::default();
    let email = errors.take("email", address(email));
    let email = errors.finish_with(email)?;
    let key = email.key();
    state
        .throttle
        .check(Attempt::Invitation, client, Some(&key))?;
    match invite_head(&state.commands, &caller.by(), establishment, &email).await {
        Ok(HeadInvited::Sent(sent)) => Ok(Invited { sent, again: false }),
        Ok(HeadInvited::SentAgain(sent)) => Ok(Invited { sent, again: true }),
        Ok(HeadInvited::IsHead) => Err(about_the_address(Problem::new(
            Code::Conflict,
            "Cette personne est déjà à la tête de l'établissement : il n'y a rien à faire.",
        ))),
        Err(CommandError::Refused(Refusal::AlreadyInvited)) => {
            Err(about_the_address(Problem::new(
                Code::Conflict,
                "Une invitation à une autre fonction attend déjà à cette adresse : le chef \
                 d'établissement doit d'abord l'annuler.",
            )))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a member of its staff the head of an establishment, on behalf of a caller who may; the present head
/// leaves.
///
/// # Errors
///
/// What is wrong with the choice stands on the field `head`.
pub async fn replace(
    state: &AppState,
    caller: &Caller,
    establishment: &Uai,
    head: &str,
) -> Result<(), Problem> {
    caller.authorize(Action::AppointHead, establishment)?;
    let mut errors = FieldErrors::default();
    let head = errors.take("head", chosen(head));
    let command = ReplaceHead {
        establishment: establishment.clone(),
        head: errors.finish_with(head)?,
    };
    match state.commands.execute(&caller.by(), &command).await {
        Ok(_) => Ok(()),
        Err(CommandError::Refused(Refusal::StaffNotFound)) => {
            let mut errors = FieldErrors::default();
            errors.take::<()>("head", Err(gone()));
            Err(errors.into_problem(Code::NotFound))
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes back an invitation as head, on behalf of a caller who may.
///
/// # Errors
///
/// `not_found` when none waits there.
pub async fn revoke(
    state: &AppState,
    caller: &Caller,
    establishment: &Uai,
    invitation: InvitationId,
) -> Result<(), Problem> {
    caller.authorize(Action::AppointHead, establishment)?;
    let waiting = {
        let mut reader = state.reader().await?;
        pending::get(&mut reader.conn(), invitation).await?
    };
    let waiting = waiting
        .filter(|it| it.role == StaffRole::Head && it.establishment == *establishment)
        .ok_or(Refusal::InvitationNotFound)?;
    invitations::revoke(state, caller, waiting).await
}

/// A required text: a member of the staff.
fn chosen(text: &str) -> Result<PersonId, Wrong> {
    if text.is_empty() {
        return Err(fields::required("Choisissez qui prend la direction."));
    }
    text.parse().map_err(|_| gone())
}

fn gone() -> Wrong {
    let detail =
        "Cette personne ne fait pas, ou plus, partie de l'équipe : choisissez-en une autre.";
    ("not_found", detail.into())
}
