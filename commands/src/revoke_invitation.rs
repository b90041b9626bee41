//! An invitation that nobody has followed yet is taken back.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::InvitationId,
    values::{StaffRole, Uai},
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Revokes a pending invitation.
pub struct RevokeInvitation {
    pub establishment: Uai,
    pub invitation: InvitationId,
    /// Whether also one that an administrator hands headship over by: no head keeps it that way.
    pub may_revoke_handover: bool,
}

impl UseCase for RevokeInvitation {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::establishment(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let establishment = work.get::<Establishment>(&self.establishment);
        let pending = establishment.and_then(|it| it.invitations.get(&self.invitation));
        if !self.may_revoke_handover && pending.is_some_and(|it| it.role == StaffRole::Head) {
            return Err(Refusal::HandoverStays.into());
        }
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
    use domain::establishment::EstablishmentEvent;

    use super::*;
    use crate::given::{Given, invitation, school, uai};

    /// A link that was followed, or taken back before, is not taken back.
    #[test]
    fn a_pending_invitation_is_taken_back() {
        let revoke = RevokeInvitation {
            establishment: uai(),
            invitation: invitation(1),
            may_revoke_handover: false,
        };
        let revoked = EstablishmentEvent::InvitationRevoked {
            invitation: invitation(1),
        };
        let given = Given::school().invited(1, StaffRole::Teacher, None);
        given.when(&revoke).then([school(revoked)]);
        let gone = Given::school().when(&revoke);
        gone.refused(Refusal::InvitationNotFound);
    }

    /// An administrator hands headship over because the head is gone, or must go: who is in the chair does not
    /// keep it by taking the invitation back.
    #[test]
    fn a_head_does_not_take_back_what_hands_their_chair_over() {
        let revoke = |may_revoke_handover| RevokeInvitation {
            establishment: uai(),
            invitation: invitation(1),
            may_revoke_handover,
        };
        let given = Given::school().invited(1, StaffRole::Head, None);
        given
            .clone()
            .when(&revoke(false))
            .refused(Refusal::HandoverStays);
        let invitation = invitation(1);
        let revoked = school(EstablishmentEvent::InvitationRevoked { invitation });
        given.when(&revoke(true)).then([revoked]);
    }
}
