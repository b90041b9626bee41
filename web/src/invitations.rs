//! Inviting colleagues, sending an invitation again and taking it back: what must hold on every way in.

use accounts::{
    account, invitee,
    inviting::{self, Guest, Sent},
    throttling::Attempt,
};
use commands::{By, CommandError, Refusal, revoke_invitation::RevokeInvitation};
use domain::{
    ids::{ClassId, InvitationId},
    values::{EmailAddress, Role, StaffRole, Uai},
};
use projections::{
    directory,
    invitations::{self, InvitationItem},
};

use crate::{
    AppState, ClientAddress,
    caller::{Caller, reaches},
    fields,
    permissions::Action,
    problem::{Code, FieldError, FieldErrors, Problem, Wrong},
    turn::check_staff_address,
};

/// What is typed to invite somebody.
pub struct Typed<'a> {
    /// Where the invitation goes.
    pub email: &'a str,
    /// Given name.
    pub first_name: &'a str,
    /// Family name.
    pub last_name: &'a str,
    /// As what.
    pub role: &'a str,
    /// The class meant for a main teacher, if said.
    pub class: Option<&'a str>,
}

impl Typed<'_> {
    /// Whom to invite to this establishment.
    ///
    /// # Errors
    ///
    /// `validation`, with every field at fault.
    pub fn read(&self, establishment: Uai) -> Result<Guest, Problem> {
        let mut errors = FieldErrors::default();
        let email = errors.take("email", address(self.email));
        let first_name = errors.take("first_name", fields::person_name(self.first_name));
        let last_name = errors.take("last_name", fields::person_name(self.last_name));
        let role = errors.take("role", invited_role(self.role));
        let class = fields::optional_id(self.class);
        let class = class.and_then(|class| fitting(class, role));
        let class = errors.take("class_id", class);
        let name = first_name.zip(last_name);
        let guest = email
            .zip(role)
            .zip(class)
            .map(|((email, role), class)| Guest {
                establishment,
                email,
                name,
                role,
                class,
            });
        errors.finish_with(guest)
    }
}

/// A required text: the address of somebody else.
pub(crate) fn address(text: &str) -> Result<EmailAddress, Wrong> {
    if text.trim().is_empty() {
        return Err(fields::required("Indiquez l'adresse de la personne."));
    }
    fields::email(text)
}

/// A required text: the function that somebody is invited to.
pub fn invited_role(text: &str) -> Result<StaffRole, Wrong> {
    if text.is_empty() {
        return Err(fields::required("Indiquez la fonction."));
    }
    StaffRole::parse(text)
        .ok()
        .filter(|role| *role != StaffRole::Head)
        .ok_or_else(|| {
            let detail = "On n'invite pas à cette fonction ; au choix : main_teacher, teacher, \
                          counsellor. Un nouveau chef d'établissement s'adresse au support.";
            ("invalid", detail.into())
        })
}

/// The class, unless the function has none; a function that is wrong is said by itself.
fn fitting(class: Option<ClassId>, role: Option<StaffRole>) -> Result<Option<ClassId>, Wrong> {
    if class.is_none() || role.is_none_or(|role| role == StaffRole::MainTeacher) {
        return Ok(class);
    }
    let detail = "Seul un professeur principal est invité pour une classe.";
    Err(("unexpected", detail.into()))
}

/// Invites somebody, on behalf of a caller who may.
///
/// # Errors
///
/// What is wrong with the address stands on the field `email`.
pub async fn invite(
    state: &AppState,
    by: &By,
    client: ClientAddress,
    guest: Guest,
) -> Result<Sent, Problem> {
    check(state, &guest.establishment, &guest.email).await?;
    let key = guest.email.key();
    state
        .throttle
        .check(Attempt::Invitation, client, Some(&key))?;
    match inviting::invite(&state.commands, by, guest).await {
        Err(CommandError::Refused(Refusal::AlreadyInvited)) => {
            Err(about_the_address(Refusal::AlreadyInvited.into()))
        }
        sent => Ok(sent?),
    }
}

/// The address obeys the establishment's rule, if there is something to compare it with (otherwise
/// whoever invites vouches for it), and is not a colleague's.
async fn check(state: &AppState, uai: &Uai, email: &EmailAddress) -> Result<(), Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let entry = directory::get(conn, uai)
        .await?
        .ok_or_else(Problem::not_found)?;
    if entry.mailbox.is_some() {
        check_staff_address(&entry, email, state.sign_up.staff_email)?;
    }
    let known = account::find(conn, email).await?;
    if known.is_some_and(|known| known.establishment.as_ref() == Some(uai)) {
        return Err(about_the_address(Problem::new(
            Code::Conflict,
            "Cette personne fait déjà partie de votre établissement.",
        )));
    }
    Ok(())
}

pub(crate) fn about_the_address(problem: Problem) -> Problem {
    let error = FieldError {
        field: "email".to_owned(),
        code: problem.code().as_str().into(),
        detail: problem.detail().to_owned().into(),
    };
    problem.with_errors(vec![error])
}

/// An invitation that the caller may manage.
///
/// # Errors
///
/// `not_found`, also for another establishment's; `forbidden`.
pub async fn reach(
    state: &AppState,
    caller: &Caller,
    invitation: InvitationId,
) -> Result<InvitationItem, Problem> {
    let mut reader = state.reader().await?;
    let invitation = invitations::get(&mut reader.conn(), invitation)
        .await?
        .filter(|invitation| reaches(caller, &invitation.establishment))
        .ok_or(Refusal::InvitationNotFound)?;
    caller.authorize_anywhere(Action::ManageStaff)?;
    Ok(invitation)
}

/// Sends an invitation again that the caller may manage: whoever follows it must be let in, and its
/// mailbox not be flooded.
///
/// # Errors
///
/// `establishment_not_eligible` or `rate_limited`.
pub async fn send_again(
    state: &AppState,
    caller: &Caller,
    client: ClientAddress,
    invitation: &InvitationItem,
) -> Result<Sent, Problem> {
    let invitee = {
        let mut reader = state.reader().await?;
        let conn = &mut reader.conn();
        let entry = directory::get(conn, &invitation.establishment).await?;
        match entry {
            _ if invitation.role == StaffRole::Head => {}
            Some(entry) if entry.closed => return Err(Refusal::EstablishmentClosed.into()),
            Some(entry) if entry.eligible => {}
            _ => return Err(Refusal::EstablishmentNotEligible.into()),
        }
        invitee::get(conn, invitation.id).await?
    };
    let key = invitee.map(|invitee| invitee.email.key());
    state
        .throttle
        .check(Attempt::Invitation, client, key.as_deref())?;
    Ok(inviting::send_again(&state.commands, caller.once, invitation.id).await?)
}

/// Takes back an invitation that the caller may manage.
///
/// # Errors
///
/// Refused when it is no longer pending, or hands headship over and the caller is no administrator.
pub async fn revoke(
    state: &AppState,
    caller: &Caller,
    invitation: InvitationItem,
) -> Result<(), Problem> {
    let command = RevokeInvitation {
        establishment: invitation.establishment,
        invitation: invitation.id,
        may_revoke_handover: caller.role == Role::Administrator,
    };
    Ok(state.commands.execute(&caller.by(), &command).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever invites corrects all at once, on the API's form as on the page's.
    #[test]
    fn what_is_typed_is_read_or_refused_field_by_field() {
        let uai = || Uai::parse("9990021U").unwrap();
        let class = ClassId::new(uuid::Uuid::from_u128(1)).to_string();
        let right = Typed {
            email: "l.moreau@ac-demo.test",
            first_name: "Lise",
            last_name: "Moreau",
            role: "main_teacher",
            class: Some(&class),
        };
        let guest = right.read(uai()).unwrap();
        assert!(guest.name.is_some() && guest.class.is_some());
        let wrong = |typed: Typed<'_>| {
            let problem = typed.read(uai()).err().unwrap();
            let fields = problem.errors().iter().map(|error| error.field.clone());
            fields.collect::<Vec<_>>()
        };
        let blank = Typed {
            email: "",
            first_name: "",
            last_name: " ",
            role: "",
            class: Some("x"),
        };
        let all = ["email", "first_name", "last_name", "role", "class_id"];
        assert_eq!(wrong(blank), all);
        let role = "teacher";
        assert_eq!(wrong(Typed { role, ..right }), ["class_id"]);
        let nobodys = Typed {
            role,
            class: Some(""),
            ..right
        };
        assert_eq!(nobodys.read(uai()).unwrap().class, None);
    }
}
