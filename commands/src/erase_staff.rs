//! The personal data of somebody who left the staff of an establishment are erased.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::Uai,
};

use crate::{
    Undecided, UseCase, Wanted, Work,
    revoke_invitation::{PendingAt, revoke_pending},
};

/// Records that a former member of the staff is erased. The personal data themselves go by the writes
/// that it is executed with; on somebody who was erased before, those alone happen.
pub struct EraseStaff {
    /// The establishment whose staff they were on last.
    pub establishment: Uai,
    pub staff: PersonId,
    /// The invitations that wait at their address.
    pub invitations: Vec<PendingAt>,
}

impl UseCase for EraseStaff {
    /// Whether they are erased only now.
    type Output = bool;

    fn wanted(&self) -> Wanted {
        let inviting = self.invitations.iter().map(|(uai, _)| uai);
        let establishments = inviting.chain([&self.establishment]).cloned();
        Wanted {
            establishments: establishments.collect(),
            ..Wanted::default()
        }
    }

    fn decide(&self, work: &mut Work) -> Result<bool, Undecided> {
        let erased = work
            .get::<Establishment>(&self.establishment)
            .is_some_and(|establishment| establishment.erased_staff.contains(&self.staff));
        let erase = EstablishmentCommand::EraseStaff { staff: self.staff };
        work.handle::<Establishment>(&self.establishment, erase)?;
        revoke_pending(work, &self.invitations)?;
        Ok(!erased)
    }
}

#[cfg(test)]
mod tests {
    use domain::{establishment::EstablishmentEvent, values::StaffRole};
    use store::StreamId;

    use super::*;
    use crate::{
        Refusal,
        given::{Given, invitation, other_uai, person, school, uai},
    };

    fn erase(invitations: Vec<PendingAt>) -> EraseStaff {
        EraseStaff {
            establishment: uai(),
            staff: person(2),
            invitations,
        }
    }

    fn left() -> Given {
        let left = EstablishmentEvent::StaffLeft { staff: person(2) };
        let given = Given::school().staff(2, StaffRole::Teacher);
        given.and([school(left)])
    }

    /// The invitations that wait at their address go with them, wherever they are from; one that was
    /// followed meanwhile is in nobody's way.
    #[test]
    fn somebody_who_left_is_erased_with_their_invitations() {
        let elsewhere = (
            StreamId::of::<Establishment>(&other_uai()),
            EstablishmentEvent::StaffInvited {
                invitation: invitation(2),
                role: StaffRole::Teacher,
                class: None,
            }
            .into(),
        );
        let revoked = |id| EstablishmentEvent::InvitationRevoked {
            invitation: invitation(id),
        };
        let given = left().invited(1, StaffRole::Teacher, None).and([elsewhere]);
        let erase = erase(vec![
            (uai(), invitation(1)),
            (other_uai(), invitation(2)),
            (uai(), invitation(3)),
        ]);
        let erased = EstablishmentEvent::StaffErased { staff: person(2) };
        given
            .when(&erase)
            .then([
                school(erased),
                school(revoked(1)),
                (
                    StreamId::of::<Establishment>(&other_uai()),
                    revoked(2).into(),
                ),
            ])
            .told(true);
    }

    /// Personal data that come back, with a backup say, are erased again: the log has said it already.
    #[test]
    fn who_was_erased_is_not_erased_anew() {
        let erased = EstablishmentEvent::StaffErased { staff: person(2) };
        let given = left().and([school(erased)]);
        given.when(&erase(Vec::new())).nothing().told(false);
    }

    /// Whoever is on the staff leaves it first, and nobody else is known there.
    #[test]
    fn only_those_who_left_are_erased() {
        let there = Given::school().staff(2, StaffRole::Teacher);
        there
            .when(&erase(Vec::new()))
            .refused(Refusal::StillOnStaff);
        let stranger = Given::school().when(&erase(Vec::new()));
        stranger.refused(Refusal::StaffNotFound);
    }
}
