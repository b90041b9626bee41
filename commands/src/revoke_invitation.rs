//! An invitation that nobody has followed yet is taken back.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand, EstablishmentError},
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

/// A pending invitation, and where.
pub type PendingAt = (Uai, InvitationId);

/// Revokes invitations along with something else. Those that were followed or revoked meanwhile are in
/// nobody's way.
pub(crate) async fn revoke_pending(
    work: &mut UnitOfWork,
    invitations: &[PendingAt],
) -> Result<(), CommandError> {
    let establishments = invitations.iter().map(|(uai, _)| uai.clone());
    work.load(Wanted {
        establishments: establishments.collect(),
        ..Wanted::default()
    })
    .await?;
    for (establishment, invitation) in invitations {
        let revoke = EstablishmentCommand::RevokeInvitation {
            invitation: *invitation,
        };
        match work.handle::<Establishment>(establishment, revoke).await {
            Ok(()) | Err(EstablishmentError::InvitationNotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
