//! Somebody takes the seat that they signed up for, where an invitation may await them as well.

use async_trait::async_trait;
use domain::{ids::PersonId, values::StaffRole};
use store::StoreError;

use crate::{
    Loader, Undecided, UseCase, Work, follow_invitation::FollowInvitation, replace_head::head,
    revoke_invitation::revoke_pending,
};

/// Lets somebody in by what they signed up for. An invitation that waits at their address there ends
/// with it: followed when it is to the role that they signed up for, taken back otherwise.
pub struct TakeSeat<'a, U> {
    /// Who they are.
    pub person: PersonId,
    /// What they signed up for.
    pub sign_up: U,
    /// As what on the staff; a pupil has no role there.
    pub role: Option<StaffRole>,
    /// The invitation, as they would follow it. Whether it is still pending shows only now.
    pub invitation: Option<&'a FollowInvitation>,
}

#[async_trait]
impl<U: UseCase<Output = ()>> UseCase for TakeSeat<'_, U> {
    /// Who took it: sent again, a request learns whom it let in.
    type Output = PersonId;

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        self.sign_up.load(loader).await?;
        match self.invitation {
            Some(invitation) => invitation.load(loader).await,
            None => Ok(()),
        }
    }

    fn decide(&self, work: &mut Work) -> Result<PersonId, Undecided> {
        match self.invitation {
            Some(invitation) if self.is_to(work, invitation) => {
                invitation.decide(work)?;
            }
            Some(invitation) => {
                self.sign_up.decide(work)?;
                let pending = (invitation.establishment.clone(), invitation.invitation);
                revoke_pending(work, &[pending])?;
            }
            None => self.sign_up.decide(work)?,
        }
        Ok(self.person)
    }
}

impl<U> TakeSeat<'_, U> {
    /// Whether the invitation is to the seat that they signed up for. Only whoever follows it
    /// knowingly takes a head's place.
    fn is_to(&self, work: &Work, invitation: &FollowInvitation) -> bool {
        let pending = invitation.pending(work).ok();
        let takes_over =
            self.role == Some(StaffRole::Head) && head(work, &invitation.establishment).is_some();
        pending.is_some_and(|pending| self.role == Some(pending.role)) && !takes_over
    }
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, establishment::EstablishmentEvent};

    use super::*;
    use crate::{
        Refusal,
        add_staff::AddStaff,
        given::{Given, Said, in_class, invitation, joined, person, school, uai, year},
        register_establishment::RegisterEstablishment,
    };

    fn follow(person_: u128) -> FollowInvitation {
        FollowInvitation {
            establishment: uai(),
            invitation: invitation(1),
            person: person(person_),
            school_year: year(2026),
        }
    }

    fn take(role: StaffRole, invitation: Option<&FollowInvitation>) -> TakeSeat<'_, AddStaff> {
        TakeSeat {
            person: person(2),
            sign_up: AddStaff {
                establishment: uai(),
                staff: person(2),
                role,
            },
            role: Some(role),
            invitation,
        }
    }

    fn revoked() -> Said {
        school(EstablishmentEvent::InvitationRevoked {
            invitation: invitation(1),
        })
    }

    #[test]
    fn a_seat_is_taken_without_an_invitation() {
        let joined = school(joined(person(2), StaffRole::Teacher));
        let then = Given::school().when(&take(StaffRole::Teacher, None));
        then.then([joined]);
    }

    /// An invitation to the same seat is followed, with the class it is for.
    #[test]
    fn an_invitation_to_the_seat_is_followed() {
        let follow = follow(2);
        let role = StaffRole::MainTeacher;
        let followed = EstablishmentEvent::StaffJoined {
            staff: person(2),
            role,
            invitation: Some(invitation(1)),
        };
        let assigned = ClassEvent::MainTeacherAssigned {
            teacher: person(2),
            from: None,
        };
        let given = Given::school().class(1).invited(1, role, Some(1));
        given
            .when(&take(role, Some(&follow)))
            .then([school(followed), in_class(1, assigned)]);
    }

    /// One to another seat ends, or its link would let somebody in who is in; and one that ended
    /// meanwhile is in nobody's way.
    #[test]
    fn an_invitation_to_another_seat_ends() {
        let follow = follow(2);
        let (role, other) = (StaffRole::Teacher, StaffRole::Counsellor);
        let joined = school(joined(person(2), role));
        let given = Given::school().invited(1, other, None);
        let then = given.when(&take(role, Some(&follow)));
        then.then([joined.clone(), revoked()]);
        let ended = Given::school().when(&take(role, Some(&follow)));
        ended.then([joined]);
    }

    /// Only whoever follows a link knowingly takes a head's place; where there is none, the link is
    /// followed.
    #[test]
    fn a_head_is_not_replaced_by_a_sign_up() {
        let follow = follow(2);
        let seat = TakeSeat {
            person: person(2),
            sign_up: RegisterEstablishment {
                establishment: uai(),
                head: person(2),
                school_year: year(2026),
            },
            role: Some(StaffRole::Head),
            invitation: Some(&follow),
        };
        let there = Given::school().invited(1, StaffRole::Head, None);
        let there = there.when(&seat);
        there.refused(Refusal::HeadAlreadyRegistered);
        let registered = EstablishmentEvent::EstablishmentRegistered {
            head: person(2),
            school_year: year(2026),
        };
        let followed = EstablishmentEvent::StaffJoined {
            staff: person(2),
            role: StaffRole::Head,
            invitation: Some(invitation(1)),
        };
        let free = Given::listed().invited(1, StaffRole::Head, None);
        let free = free.when(&seat);
        free.then([school(registered), school(followed)]);
    }
}
