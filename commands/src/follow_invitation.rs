//! Somebody follows an invitation and joins the staff of an establishment, as its head perhaps.

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand, PendingInvitation},
    ids::{ClassId, InvitationId, PersonId},
    values::{SchoolYear, StaffRole, Uai},
};
use store::StoreError;

use crate::{
    Loader, Refusal, Undecided, UseCase, Wanted, Work,
    replace_head::{former_head_leaves, head},
};

/// Lets somebody in as a pending invitation says. A head's invitation registers the establishment, or
/// takes it over from the head it has, who leaves.
pub struct FollowInvitation {
    pub establishment: Uai,
    pub invitation: InvitationId,
    pub person: PersonId,
    /// The school year an establishment starts with that its head registers this way.
    pub school_year: SchoolYear,
}

#[async_trait]
impl UseCase for FollowInvitation {
    /// What they are there now.
    type Output = StaffRole;

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        let wanted = Wanted::establishment(&self.establishment);
        loader.load(wanted).await?;
        let establishment = loader.get::<Establishment>(&self.establishment);
        match establishment.and_then(|it| it.invitations.get(&self.invitation)) {
            Some(pending) if pending.role == StaffRole::Head => {
                loader.load_classes_of(&self.establishment).await
            }
            Some(pending) => {
                let class = pending.class;
                loader.load(Wanted::classes(class)).await
            }
            None => Ok(()),
        }
    }

    fn decide(&self, work: &mut Work) -> Result<StaffRole, Undecided> {
        let invitation = self.pending(work)?;
        if invitation.role == StaffRole::Head {
            self.become_head(work)?;
        } else {
            self.join(work, invitation)?;
        }
        Ok(self.role(work).unwrap_or(invitation.role))
    }
}

impl FollowInvitation {
    pub(crate) fn pending(&self, work: &Work) -> Result<PendingInvitation, Refusal> {
        work.get::<Establishment>(&self.establishment)
            .and_then(|establishment| establishment.invitations.get(&self.invitation))
            .copied()
            .ok_or(Refusal::TokenInvalid)
    }

    fn role(&self, work: &Work) -> Option<StaffRole> {
        let establishment = work.get::<Establishment>(&self.establishment)?;
        establishment.staff.get(&self.person).copied()
    }

    fn become_head(&self, work: &mut Work) -> Result<(), Undecided> {
        let before = head(work, &self.establishment);
        let register = EstablishmentCommand::Register {
            head: self.person,
            school_year: self.school_year,
            invitation: Some(self.invitation),
        };
        work.handle::<Establishment>(&self.establishment, register)?;
        former_head_leaves(work, &self.establishment, before)?;
        Ok(())
    }

    fn join(&self, work: &mut Work, invitation: PendingInvitation) -> Result<(), Undecided> {
        let was_there = self.role(work).is_some();
        let add = EstablishmentCommand::AddStaff {
            staff: self.person,
            role: invitation.role,
            invitation: Some(self.invitation),
        };
        work.handle::<Establishment>(&self.establishment, add)?;
        match invitation.class {
            Some(class) if invitation.role == StaffRole::MainTeacher && !was_there => {
                self.take_class(work, class)
            }
            _ => Ok(()),
        }
    }

    /// The class may have gone since the invitation: they then choose one themselves.
    fn take_class(&self, work: &mut Work, class: ClassId) -> Result<(), Undecided> {
        if work.own_class(&self.establishment, class).is_some() {
            let assign = ClassCommand::AssignMainTeacher {
                teacher: self.person,
                from: None,
            };
            work.handle::<Class>(&class, assign)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, establishment::EstablishmentEvent};

    use super::*;
    use crate::given::{Given, Said, in_class, invitation, person, school, uai, year};

    fn follow(person_: u128) -> FollowInvitation {
        FollowInvitation {
            establishment: uai(),
            invitation: invitation(1),
            person: person(person_),
            school_year: year(2026),
        }
    }

    fn followed(staff: u128, role: StaffRole) -> Said {
        school(EstablishmentEvent::StaffJoined {
            staff: person(staff),
            role,
            invitation: Some(invitation(1)),
        })
    }

    fn assigned(teacher: u128) -> ClassEvent {
        ClassEvent::MainTeacherAssigned {
            teacher: person(teacher),
            from: None,
        }
    }

    /// A main teacher comes with the class that they were invited for.
    #[test]
    fn a_main_teacher_gets_the_class_they_are_meant_for() {
        let role = StaffRole::MainTeacher;
        let given = Given::school().class(1).invited(1, role, Some(1));
        given
            .when(&follow(2))
            .then([followed(2, role), in_class(1, assigned(2))])
            .told(role);
    }

    /// The class may have gone since, or be no class of the establishment: they come without. A class is
    /// a main teacher's, whatever an invitation says.
    #[test]
    fn without_their_class_they_come_all_the_same() {
        let role = StaffRole::MainTeacher;
        let deleted = in_class(1, ClassEvent::ClassDeleted {});
        let gone = Given::school().class(1).invited(1, role, Some(1));
        let gone = gone.and([deleted]).when(&follow(2));
        gone.then([followed(2, role)]).told(role);
        let elsewhere = Given::school().class_elsewhere(1);
        let elsewhere = elsewhere.invited(1, role, Some(1)).when(&follow(2));
        elsewhere.then([followed(2, role)]).told(role);
        let role = StaffRole::Teacher;
        let teacher = Given::school().class(1).invited(1, role, Some(1));
        let teacher = teacher.when(&follow(2));
        teacher.then([followed(2, role)]).told(role);
    }

    /// Whoever is there already stays what they are and keeps the class they have; the link is used up.
    #[test]
    fn a_colleague_stays_what_they_are() {
        let given = Given::school().class(1).staff(2, StaffRole::Counsellor);
        let given = given.invited(1, StaffRole::MainTeacher, Some(1));
        given
            .when(&follow(2))
            .then([followed(2, StaffRole::Counsellor)])
            .told(StaffRole::Counsellor);
    }

    /// A head's invitation registers the establishment.
    #[test]
    fn a_head_registers_the_establishment() {
        let registered = EstablishmentEvent::EstablishmentRegistered {
            head: person(2),
            school_year: year(2026),
        };
        let given = Given::listed().invited(1, StaffRole::Head, None);
        given
            .when(&follow(2))
            .then([school(registered), followed(2, StaffRole::Head)])
            .told(StaffRole::Head);
    }

    /// Or takes it over: the head it had leaves, and the class with them.
    #[test]
    fn a_new_head_takes_over() {
        let replaced = EstablishmentEvent::HeadReplaced {
            head: person(2),
            previous: person(1),
        };
        let unassigned = ClassEvent::MainTeacherUnassigned { teacher: person(1) };
        let given = Given::school().class(1).teacher(1, 1);
        let given = given.invited(1, StaffRole::Head, None);
        given
            .when(&follow(2))
            .then([
                school(replaced),
                followed(2, StaffRole::Head),
                in_class(1, unassigned),
            ])
            .told(StaffRole::Head);
    }

    /// The head who follows their own link keeps their class.
    #[test]
    fn the_head_stays_head() {
        let given = Given::school().class(1).teacher(1, 1);
        let given = given.invited(1, StaffRole::Head, None);
        let then = given.when(&follow(1));
        then.then([followed(1, StaffRole::Head)]);
    }

    /// A link that was used or taken back is worth nothing, and one to a closed school opens nothing.
    #[test]
    fn a_link_is_worth_what_is_pending() {
        let used = Given::school().when(&follow(2));
        used.refused(Refusal::TokenInvalid);
        let excluded = EstablishmentEvent::EligibilityDecided {
            eligible: false,
            reason: "Fermeture".to_owned(),
        };
        for (given, role) in [
            (Given::listed(), StaffRole::Head),
            (Given::school(), StaffRole::Teacher),
        ] {
            let closed = given.invited(1, role, None);
            let closed = closed.and([school(excluded.clone())]).when(&follow(2));
            closed.refused(Refusal::EstablishmentNotEligible);
        }
    }
}
