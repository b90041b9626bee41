//! Following an invitation: what its link leads to, and who may follow it.

use accounts::{
    Account, TokenHash,
    account::{self, Known},
    invitee::{self, Invitee},
    joining::{self, Follower},
    password,
    throttling::Attempt,
    token::{self, Purpose},
};
use chrono::{DateTime, Utc};
use commands::{CommandError, Refusal};
use domain::{
    ids::InvitationId,
    values::{PersonName, Role, StaffRole},
};
use projections::{
    directory::{self, DirectoryEntry},
    invitations::{self, InvitationItem},
};
use serde::de::IgnoredAny;
use store::{Conn, StoreError};

use crate::{
    AppState, ClientAddress,
    fields::{self, chosen},
    once::Repeatable,
    problem::{Code, FieldErrors, Problem, Wrong, token_invalid},
    sign_up_form::{SignUpForm, students_only},
};

const ENDED_WITH_THE_YEAR: &str = "Cette invitation a pris fin à l'ouverture de la nouvelle année scolaire. Demandez-en une \
    nouvelle à votre chef d'établissement, ou au support si c'est vous qui le dirigez.";

/// An invitation that may be followed.
pub struct Invited {
    /// Whom it went to.
    pub invitee: Invitee,
    /// What it says.
    pub invitation: InvitationItem,
    /// Where it leads.
    pub establishment: DirectoryEntry,
    /// The account that the address has already.
    known: Option<Known>,
}

/// The invitation that a link leads to, to fill in the form.
///
/// # Errors
///
/// `validation`, `rate_limited`, `token_invalid`.
pub async fn read(
    state: &AppState,
    client: ClientAddress,
    token: &str,
) -> Result<Invited, Problem> {
    state.throttle.check(Attempt::Activation, client, None)?;
    let mut errors = FieldErrors::default();
    match errors.take("token", fields::link_token(token)) {
        Some(token) => find(state, &token).await,
        None => Err(errors.into()),
    }
}

/// Lets invited staff in at once, with the password that they chose: the link came to the address.
///
/// # Errors
///
/// `token_invalid`; `validation` when the form says something else than the invitation: the link then stays
/// good; `conflict` when the address has an account that may not come here.
pub(crate) async fn follow(
    state: &AppState,
    request: Repeatable,
    form: &SignUpForm,
) -> Result<(), Problem> {
    if state
        .commands
        .done::<IgnoredAny>(request.once)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let token = TokenHash::of(form.invitation.trim());
    let invited = find(state, &token).await?;
    let (first_name, last_name) = agree(form, &invited)?;
    invited.check_known()?;
    let follower = Follower {
        role: invited.invitation.role,
        token,
        first_name,
        last_name,
        password_hash: password::hash(form.password.expose(), state.commands.clock()).await?,
        known: invited.known.as_ref(),
        invitee: &invited.invitee,
    };
    match joining::follow(
        &state.commands,
        request.correlation,
        request.once,
        &follower,
    )
    .await
    {
        Err(CommandError::Refused(Refusal::TokenInvalid | Refusal::EmailTaken)) => {
            // The link was used meanwhile; or the address got an account, or its account changed, and
            // it may be said how.
            find(state, &follower.token).await?.check_known()?;
            Err(Refusal::Busy.into())
        }
        outcome => Ok(outcome?),
    }
}

/// What this token leads to. Gives its connection back: hashing takes longer than any query.
async fn find(state: &AppState, token: &TokenHash) -> Result<Invited, Problem> {
    let mut reader = state.reader().await?;
    let (conn, now) = (&mut reader.conn(), state.commands.clock().now());
    match Invited::find(conn, token, now).await? {
        Some(invited) => Ok(invited),
        None if ended_with_the_year(conn, token, now).await? => {
            Err(Problem::new(Code::TokenInvalid, ENDED_WITH_THE_YEAR))
        }
        None => Err(token_invalid()),
    }
}

/// Whether this token is of an invitation that a new school year ended. One that was followed or revoked
/// loses its tokens in the same moment: who finds the invitation gone, and then its token still there, met
/// neither.
async fn ended_with_the_year(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(subject) = token::subject(conn, Purpose::Invitation, token, now).await? else {
        return Ok(false);
    };
    let invitation = invitations::get(conn, InvitationId::new(subject)).await?;
    let token = token::subject(conn, Purpose::Invitation, token, now).await?;
    Ok(invitation.is_none() && token.is_some())
}

impl Invited {
    /// What this token leads to, unless it is worth nothing. A message that left late brings a token
    /// that outlives its invitation.
    async fn find(
        conn: &mut Conn<'_>,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(subject) = token::subject(conn, Purpose::Invitation, token, now).await? else {
            return Ok(None);
        };
        let id = InvitationId::new(subject);
        let invitee = invitee::get(conn, id).await?;
        let Some(invitee) = invitee.filter(|invitee| !invitee.expired(now)) else {
            return Ok(None);
        };
        let Some(invitation) = invitations::get(conn, id).await? else {
            return Ok(None);
        };
        let Some(establishment) = directory::get(conn, &invitee.establishment).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            known: account::known_at(conn, &invitee.email).await?,
            invitee,
            invitation,
            establishment,
        }))
    }

    /// Goes on only when the account that the address has already, if any, may come here: the link
    /// proves whose it is, so it may be said.
    fn check_known(&self) -> Result<(), Problem> {
        let Some(Known { account: known, .. }) = &self.known else {
            return Ok(());
        };
        let detail = if known.role.staff().is_none() {
            let role = known.role.label();
            format!(
                "Cette adresse a déjà un compte ({role}) : demandez une invitation à une autre \
                 adresse."
            )
        } else if known.establishment.is_none() || self.promotes(known) {
            return Ok(());
        } else if known.establishment.as_ref() == Some(&self.invitee.establishment) {
            "Vous faites déjà partie de cette équipe : connectez-vous.".to_owned()
        } else if known.role == Role::Head {
            "Vous êtes encore à la tête d'un autre établissement. S'il passe à un autre chef, \
             adressez-vous au support ; si vous dirigez les deux, demandez-lui une invitation à une \
             autre adresse : un compte sert à un seul établissement."
                .to_owned()
        } else {
            "Vous faites encore partie de l'équipe d'un autre établissement : son chef \
             d'établissement doit d'abord vous en retirer."
                .to_owned()
        };
        Err(Problem::new(Code::Conflict, detail))
    }

    /// Whether it makes a colleague the head of the same establishment.
    fn promotes(&self, known: &Account) -> bool {
        self.invitation.role == StaffRole::Head
            && known.role != Role::Head
            && known.establishment.as_ref() == Some(&self.invitee.establishment)
    }
}

/// The names, once what was typed agrees with what the invitation says.
fn agree(
    form: &SignUpForm,
    Invited {
        invitee,
        invitation,
        ..
    }: &Invited,
) -> Result<(PersonName, PersonName), Problem> {
    let mut errors = FieldErrors::default();
    for (field, typed, said) in [
        ("email", form.email.trim(), invitee.email.as_str()),
        ("role", form.role.as_str(), invitation.role.as_str()),
        ("uai", form.uai.trim(), invitee.establishment.as_str()),
    ] {
        let agrees = typed.is_empty() || typed.eq_ignore_ascii_case(said);
        errors.take(field, agrees.then_some(()).ok_or_else(not_invited));
    }
    let name = |typed, said: &Option<String>| {
        let said = said.as_deref().unwrap_or_default();
        fields::person_name(chosen(typed).unwrap_or(said))
    };
    let first_name = errors.take("first_name", name(&form.first_name, &invitation.first_name));
    let last_name = errors.take("last_name", name(&form.last_name, &invitation.last_name));
    let names = [&first_name, &last_name].into_iter().flatten();
    let personal: Vec<_> = std::iter::once(invitee.email.as_str())
        .chain(names.map(PersonName::as_str))
        .collect();
    let good = fields::new_password(&form.password, &personal);
    errors.take("password", good);
    for (field, typed) in [
        ("birth_date", &form.birth_date),
        ("class_id", &form.class_id),
    ] {
        let blank = chosen(typed).is_none();
        errors.take(field, blank.then_some(()).ok_or_else(students_only));
    }
    match (first_name, last_name) {
        (Some(first_name), Some(last_name)) => {
            errors.finish()?;
            Ok((first_name, last_name))
        }
        _ => Err(errors.into()),
    }
}

fn not_invited() -> Wrong {
    (
        "not_invited",
        "L'invitation dit autre chose : laissez ce qu'elle propose, ou demandez-en une autre à \
         votre chef d'établissement."
            .into(),
    )
}
