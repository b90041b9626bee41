//! The head, or an administrator, invites somebody to join the staff of an establishment.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::{ClassId, InvitationId},
    values::{StaffRole, Uai},
};

use crate::{CommandError, Refusal, UnitOfWork, UseCase, Wanted, edit_class::own_class};

/// Invites somebody. Who they are, and their address, stand with the personal data.
pub struct InviteStaff {
    /// To which establishment.
    pub establishment: Uai,
    /// The invitation's id, chosen by the caller: the same command twice makes one invitation.
    pub invitation: InvitationId,
    /// As what.
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said: one of the establishment.
    pub class: Option<ClassId>,
}

#[async_trait]
impl UseCase for InviteStaff {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted {
            establishments: vec![self.establishment.clone()],
            classes: self.class.into_iter().collect(),
            ..Wanted::default()
        })
        .await?;
        if let Some(class) = self.class {
            own_class(work, &self.establishment, class).ok_or(Refusal::ClassNotFound)?;
        }
        let command = EstablishmentCommand::Invite {
            invitation: self.invitation,
            role: self.role,
            class: self.class,
        };
        Ok(work
            .handle::<Establishment>(&self.establishment, command)
            .await?)
    }
}
