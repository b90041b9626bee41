//! An invitation that nobody has followed yet is taken back.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::InvitationId,
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted};

/// Revokes a pending invitation.
pub struct RevokeInvitation {
    /// Of which establishment.
    pub establishment: Uai,
    /// Which invitation.
    pub invitation: InvitationId,
}

#[async_trait]
impl UseCase for RevokeInvitation {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let command = EstablishmentCommand::RevokeInvitation {
            invitation: self.invitation,
        };
        Ok(work
            .handle::<Establishment>(&self.establishment, command)
            .await?)
    }
}
