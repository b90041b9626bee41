//! Which letter about an account is due to whom, and the token that goes in it. Told to whoever writes
//! letters, who knows nothing of accounts.

use async_trait::async_trait;
use domain::{
    ids::{InvitationId, PersonId},
    values::EmailAddress,
};
use mail::{Activation, AddressKnown, Due, Invited, PasswordReset, Proof, WhoIsWho};
use store::{Conn, StoreError};
use uuid::Uuid;

use crate::{
    account, invitee, person,
    sign_up::{self, SignUp},
    token::{self, Purpose},
};

/// Who is who, for letters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Letters;

#[async_trait]
impl WhoIsWho for Letters {
    /// Of several sign-ups with an address each has a link of its own: who made them is not known before one
    /// is followed. Where the address has an account, nothing comes of this one.
    async fn signed_up(
        &self,
        conn: &mut Conn<'_>,
        sign_up: PersonId,
        proof: Proof<'_>,
    ) -> Result<Option<Due>, StoreError> {
        let Some(sign_up) = sign_up::hold(conn, sign_up).await? else {
            return Ok(None);
        };
        if let Some(known) = address_known(conn, &sign_up.email).await? {
            sign_up::discard(conn, vec![sign_up.id]).await?;
            return Ok(Some(known));
        }
        activation(conn, sign_up, proof).await
    }

    async fn asked_to_activate(
        &self,
        conn: &mut Conn<'_>,
        email: &EmailAddress,
        proof: Proof<'_>,
    ) -> Result<Option<Due>, StoreError> {
        match address_known(conn, email).await? {
            Some(known) => Ok(Some(known)),
            None => activation_of_newest(conn, email, proof).await,
        }
    }

    async fn asked_for_password(
        &self,
        conn: &mut Conn<'_>,
        email: &EmailAddress,
        proof: Proof<'_>,
    ) -> Result<Option<Due>, StoreError> {
        let Some(holder) = account::holder(conn, email).await? else {
            return activation_of_newest(conn, email, proof).await;
        };
        account::touch(conn, holder.id).await?;
        let token = fresh(conn, Purpose::PasswordReset, holder.id.as_uuid(), proof).await?;
        Ok(token.map(|token| {
            Due::PasswordReset(PasswordReset {
                id: holder.id,
                email: holder.email,
                token,
            })
        }))
    }

    async fn invited(
        &self,
        conn: &mut Conn<'_>,
        invitation: InvitationId,
        proof: Proof<'_>,
    ) -> Result<Option<Invited>, StoreError> {
        let invitee = invitee::hold_pending(conn, invitation).await?;
        let Some(invitee) = invitee.filter(|invitee| !invitee.expired(proof.clock.now())) else {
            return Ok(None);
        };
        let token = fresh(conn, Purpose::Invitation, invitation.as_uuid(), proof).await?;
        Ok(token.map(|token| Invited {
            email: invitee.email,
            token,
            until: invitee.expires_at,
        }))
    }

    async fn address(
        &self,
        conn: &mut Conn<'_>,
        person: PersonId,
    ) -> Result<Option<EmailAddress>, StoreError> {
        account::address(conn, person).await
    }

    async fn name(&self, conn: &mut Conn<'_>, id: Uuid) -> Result<Option<String>, StoreError> {
        let name = person::name(conn, id).await?;
        Ok(name.map(|(first_name, last_name)| format!("{first_name} {last_name}")))
    }
}

async fn address_known(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
) -> Result<Option<Due>, StoreError> {
    let holder = account::holder(conn, email).await?;
    Ok(holder.map(|holder| {
        Due::AddressKnown(AddressKnown {
            id: holder.id,
            email: holder.email,
            role: holder.role,
        })
    }))
}

async fn activation_of_newest(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
    proof: Proof<'_>,
) -> Result<Option<Due>, StoreError> {
    let Some(newest) = sign_up::newest(conn, &email.key()).await? else {
        return Ok(None);
    };
    match sign_up::hold(conn, newest).await? {
        Some(sign_up) => activation(conn, sign_up, proof).await,
        None => Ok(None),
    }
}

async fn activation(
    conn: &mut Conn<'_>,
    sign_up: SignUp,
    proof: Proof<'_>,
) -> Result<Option<Due>, StoreError> {
    let token = fresh(conn, Purpose::Activation, sign_up.id.as_uuid(), proof).await?;
    Ok(token.map(|token| {
        Due::Activation(Activation {
            id: sign_up.id,
            email: sign_up.email,
            role: sign_up.role,
            establishment: sign_up.establishment,
            asked_at: sign_up.created_at,
            token,
            until: proof.clock.now() + Purpose::Activation.lifetime(),
        })
    }))
}

/// A token for this message, unless a newer message has one already: what people got last must work.
/// An id has tokens of one purpose at a time, as an account takes the id of the sign-up it ends.
///
/// Two workers at once would each miss the other's: whoever calls this has written to the subject's row
/// before.
async fn fresh(
    conn: &mut Conn<'_>,
    purpose: Purpose,
    subject: Uuid,
    proof: Proof<'_>,
) -> Result<Option<String>, StoreError> {
    if token::has_newer(conn, subject, proof.message).await? {
        return Ok(None);
    }
    let token = token::issue(conn, purpose, subject, proof.message, proof.clock).await?;
    Ok(Some(token.expose().to_owned()))
}
