//! An invitation that nobody has followed yet is taken back.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::InvitationId,
    values::Uai,
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Revokes a pending invitation.
pub struct RevokeInvitation {
    pub establishment: Uai,
    pub invitation: InvitationId,
}

impl UseCase for RevokeInvitation {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::establishment(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let command = EstablishmentCommand::RevokeInvitation {
            invitation: self.invitation,
        };
        Ok(work.handle::<Establishment>(&self.establishment, command)?)
    }
}

/// A pending invitation, and where.
pub type PendingAt = (Uai, InvitationId);

/// Revokes invitations along with something else. Those that were followed or revoked meanwhile are in
/// nobody's way.
pub(crate) fn revoke_pending(work: &mut Work, invitations: &[PendingAt]) -> Result<(), Undecided> {
    for (establishment, invitation) in invitations {
        let revoke = EstablishmentCommand::RevokeInvitation {
            invitation: *invitation,
        };
        match work.handle::<Establishment>(establishment, revoke) {
            Ok(()) | Err(Refusal::InvitationNotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{establishment::EstablishmentEvent, values::StaffRole};

    use super::*;
    use crate::given::{Given, invitation, school, uai};

    /// A link that was followed, or taken back before, is not taken back.
    #[test]
    fn a_pending_invitation_is_taken_back() {
        let revoke = RevokeInvitation {
            establishment: uai(),
            invitation: invitation(1),
        };
        let revoked = EstablishmentEvent::InvitationRevoked {
            invitation: invitation(1),
        };
        let given = Given::school().invited(1, StaffRole::Teacher, None);
        given.when(&revoke).then([school(revoked)]);
        let gone = Given::school().when(&revoke);
        gone.refused(Refusal::InvitationNotFound);
    }
}
