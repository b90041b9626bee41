//! What letters need of accounts, which another crate keeps.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    ids::{InvitationId, PersonId},
    values::{EmailAddress, Role, Uai},
};
use store::{Clock, Conn, StoreError};
use uuid::Uuid;

/// For which message a proof is made, and when.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    /// The message that it goes in. Those of earlier messages are worth nothing from then on; one made for an
    /// earlier attempt at the same message stays good, since that attempt may have arrived.
    pub message: Uuid,
    /// Says when that is, and draws the token.
    pub clock: &'a dyn Clock,
}

/// A letter about an account that is due. Without `Debug`, as tokens must never be printed.
pub enum Due {
    Activation(Activation),
    AddressKnown(AddressKnown),
    PasswordReset(PasswordReset),
}

/// How to activate what somebody signed up for.
pub struct Activation {
    pub id: PersonId,
    pub email: EmailAddress,
    pub role: Role,
    pub establishment: Uai,
    pub asked_at: DateTime<Utc>,
    /// What proves the address.
    pub token: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// How to follow an invitation.
pub struct Invited {
    pub email: EmailAddress,
    /// What proves the address.
    pub token: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// The address has an account already.
pub struct AddressKnown {
    pub id: PersonId,
    /// As the holder wrote it.
    pub email: EmailAddress,
    pub role: Role,
}

/// How to choose another password.
pub struct PasswordReset {
    pub id: PersonId,
    /// As the holder wrote it.
    pub email: EmailAddress,
    /// What proves the address.
    pub token: String,
}

/// Who is who, as whoever keeps accounts knows. Everything is asked in the transaction in which a letter is
/// made, and what it says is true until that ends.
#[async_trait]
pub trait WhoIsWho: Send + Sync {
    /// What is due to whoever signed up: nothing once the sign-up is gone.
    async fn signed_up(
        &self,
        conn: &mut Conn<'_>,
        sign_up: PersonId,
        proof: Proof<'_>,
    ) -> Result<Option<Due>, StoreError>;

    /// What is due to an address, known or not, that the activation was asked for again.
    async fn asked_to_activate(
        &self,
        conn: &mut Conn<'_>,
        email: &EmailAddress,
        proof: Proof<'_>,
    ) -> Result<Option<Due>, StoreError>;

    /// What is due to an address, known or not, that another password was asked for.
    async fn asked_for_password(
        &self,
        conn: &mut Conn<'_>,
        email: &EmailAddress,
        proof: Proof<'_>,
    ) -> Result<Option<Due>, StoreError>;

    /// How to follow an invitation; nothing once it was followed or taken back,
    /// or is over.
    async fn invited(
        &self,
        conn: &mut Conn<'_>,
        invitation: InvitationId,
        proof: Proof<'_>,
    ) -> Result<Option<Invited>, StoreError>;

    /// The address of somebody's account; none when they have none.
    async fn address(
        &self,
        conn: &mut Conn<'_>,
        person: PersonId,
    ) -> Result<Option<EmailAddress>, StoreError>;

    /// Given name and family name of somebody, or of whom an invitation went to; none once erased.
    async fn name(&self, conn: &mut Conn<'_>, id: Uuid) -> Result<Option<String>, StoreError>;
}
