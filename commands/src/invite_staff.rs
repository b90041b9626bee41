//! The head, or an administrator, invites somebody to join the staff of an establishment.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::{ClassId, InvitationId},
    values::{StaffRole, Uai},
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Invites somebody. Who they are, and their address, stand with the personal data.
pub struct InviteStaff {
    pub establishment: Uai,
    /// The invitation's id, chosen by the caller: the same command twice makes one invitation.
    pub invitation: InvitationId,
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said: one of the establishment.
    pub class: Option<ClassId>,
}

impl UseCase for InviteStaff {
    /// The invitation: sent again, a request learns which one it made.
    type Output = InvitationId;

    fn wanted(&self) -> Wanted {
        Wanted {
            establishments: vec![self.establishment.clone()],
            classes: self.class.into_iter().collect(),
            ..Wanted::default()
        }
    }

    fn decide(&self, work: &mut Work) -> Result<InvitationId, Undecided> {
        if let Some(class) = self.class {
            work.own_class(&self.establishment, class)
                .ok_or(Refusal::ClassNotFound)?;
        }
        let command = EstablishmentCommand::Invite {
            invitation: self.invitation,
            role: self.role,
            class: self.class,
        };
        work.handle::<Establishment>(&self.establishment, command)?;
        Ok(self.invitation)
    }
}

#[cfg(test)]
mod tests {
    use domain::establishment::EstablishmentEvent;

    use super::*;
    use crate::given::{Given, class, invitation, listed, school, uai};

    fn invite(role: StaffRole, for_: Option<u128>) -> InviteStaff {
        InviteStaff {
            establishment: uai(),
            invitation: invitation(1),
            role,
            class: for_.map(class),
        }
    }

    /// A main teacher is invited for a class, and the same invitation twice is one.
    #[test]
    fn somebody_is_invited_once() {
        let invite = invite(StaffRole::MainTeacher, Some(1));
        let invited = EstablishmentEvent::StaffInvited {
            invitation: invitation(1),
            role: StaffRole::MainTeacher,
            class: Some(class(1)),
        };
        let given = Given::school().class(1);
        let then = given.clone().when(&invite);
        then.then([school(invited.clone())]);
        given.and([school(invited)]).when(&invite).nothing();
    }

    /// An invitation is to one thing.
    #[test]
    fn an_invitation_stays_what_it_is() {
        let given = Given::school().invited(1, StaffRole::Teacher, None);
        let other = given.when(&invite(StaffRole::Counsellor, None));
        other.refused(Refusal::AlreadyInvited);
    }

    /// Nobody is invited for a class that their head cannot see.
    #[test]
    fn the_class_is_one_of_the_establishment() {
        let given = Given::school().class_elsewhere(1);
        for id in [1, 2] {
            let invite = invite(StaffRole::MainTeacher, Some(id));
            let then = given.clone().when(&invite);
            then.refused(Refusal::ClassNotFound);
        }
    }

    /// Colleagues are invited once there is a head; a head to a school that is listed and open.
    #[test]
    fn nobody_is_invited_before_their_turn() {
        let colleague = invite(StaffRole::Teacher, None);
        let waiting = Given::listed().when(&colleague);
        waiting.refused(Refusal::EstablishmentNotRegistered);
        let head = invite(StaffRole::Head, None);
        let unlisted = Given::default().when(&head);
        unlisted.refused(Refusal::EstablishmentNotFound);
        let unmarked = Given::default().and([school(listed(None))]);
        let unmarked = unmarked.when(&head);
        unmarked.refused(Refusal::EstablishmentNotEligible);
    }
}
