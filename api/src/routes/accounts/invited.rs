//! What a link of invitation leads to.

use accounts::{
    Account, Credentials, TokenHash, account,
    invitee::{self, Invitee},
    signing_in,
    token::{self, Purpose},
};
use chrono::{DateTime, Utc};
use domain::{
    ids::InvitationId,
    values::{Role, StaffRole},
};
use projections::{
    directory::{self, DirectoryEntry},
    invitations::{self, InvitationItem},
};
use store::{Conn, StoreError};
use web::problem::{Code, Problem};

/// An invitation that may be followed.
pub(super) struct Invited {
    pub(super) invitee: Invitee,
    pub(super) invitation: InvitationItem,
    pub(super) establishment: DirectoryEntry,
    /// The account that the address has already.
    pub(super) known: Option<Account>,
    /// Its credentials.
    pub(super) credentials: Option<Credentials>,
}

impl Invited {
    /// What this token leads to, unless it is worth nothing. A message that left late brings a token
    /// that outlives its invitation.
    pub(super) async fn find(
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
        // The credentials first: whatever happens to the account after that look at it shows in the
        // next one, or changes what `Return` compares.
        let credentials = signing_in::credentials(conn, &invitee.email, now).await?;
        Ok(Some(Self {
            known: account::find(conn, &invitee.email).await?,
            credentials: credentials.account,
            invitee,
            invitation,
            establishment,
        }))
    }

    /// Goes on only when the account that the address has already, if any, may come here: the link
    /// proves whose it is, so it may be said.
    pub(super) fn check_known(&self) -> Result<(), Problem> {
        let Some(known) = &self.known else {
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
            "Vous êtes encore à la tête d'un autre établissement, qui doit d'abord passer à un \
             autre chef : adressez-vous au support."
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
