//! Somebody follows an invitation and joins the staff of an establishment, as its head perhaps.

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand, PendingInvitation},
    ids::{ClassId, InvitationId, PersonId},
    values::{SchoolYear, StaffRole, Uai},
};

use crate::{
    CommandError, Refusal, UnitOfWork, UseCase, Wanted,
    edit_class::own_class,
    replace_head::{former_head_leaves, head},
};

/// Lets somebody in as a pending invitation says. A head's invitation registers the establishment, or
/// takes it over from the head it has, who leaves: execute it together with
/// `projections::classes::OnlyStaffTeach`, as [`RemoveStaff`](crate::remove_staff::RemoveStaff).
pub struct FollowInvitation {
    /// Which establishment.
    pub establishment: Uai,
    /// Which invitation.
    pub invitation: InvitationId,
    /// Who follows it.
    pub person: PersonId,
    /// The school year an establishment starts with that its head registers this way.
    pub school_year: SchoolYear,
}

#[async_trait]
impl UseCase for FollowInvitation {
    /// What they are there now.
    type Output = StaffRole;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<StaffRole, CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let invitation = self.pending(work)?;
        if invitation.role == StaffRole::Head {
            self.become_head(work).await?;
        } else {
            self.join(work, invitation).await?;
        }
        Ok(self.role(work).unwrap_or(invitation.role))
    }
}

impl FollowInvitation {
    pub(crate) fn pending(&self, work: &UnitOfWork) -> Result<PendingInvitation, Refusal> {
        work.get::<Establishment>(&self.establishment)
            .and_then(|establishment| establishment.invitations.get(&self.invitation))
            .copied()
            .ok_or(Refusal::TokenInvalid)
    }

    fn role(&self, work: &UnitOfWork) -> Option<StaffRole> {
        let establishment = work.get::<Establishment>(&self.establishment)?;
        establishment.staff.get(&self.person).copied()
    }

    async fn become_head(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        let before = head(work, &self.establishment);
        let register = EstablishmentCommand::Register {
            head: self.person,
            school_year: self.school_year,
            invitation: Some(self.invitation),
        };
        work.handle::<Establishment>(&self.establishment, register)
            .await?;
        former_head_leaves(work, &self.establishment, before).await?;
        Ok(())
    }

    async fn join(
        &self,
        work: &mut UnitOfWork,
        invitation: PendingInvitation,
    ) -> Result<(), CommandError> {
        let was_there = self.role(work).is_some();
        let add = EstablishmentCommand::AddStaff {
            staff: self.person,
            role: invitation.role,
            invitation: Some(self.invitation),
        };
        work.handle::<Establishment>(&self.establishment, add)
            .await?;
        match invitation.class {
            Some(class) if invitation.role == StaffRole::MainTeacher && !was_there => {
                self.take_class(work, class).await
            }
            _ => Ok(()),
        }
    }

    /// The class may have gone since the invitation: they then choose one themselves.
    async fn take_class(&self, work: &mut UnitOfWork, class: ClassId) -> Result<(), CommandError> {
        work.load(Wanted::classes([class])).await?;
        if own_class(work, &self.establishment, class).is_some() {
            let assign = ClassCommand::AssignMainTeacher {
                teacher: self.person,
                from: None,
            };
            work.handle::<Class>(&class, assign).await?;
        }
        Ok(())
    }
}
