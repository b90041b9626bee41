//! The personal data of somebody who left the staff of an establishment are erased.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::Uai,
};

use crate::{
    CommandError, UnitOfWork, UseCase, Wanted,
    revoke_invitation::{PendingAt, revoke_pending},
};

/// Records that a former member of the staff is erased. The personal data themselves go by the writes
/// that it is executed with; on somebody who was erased before, those alone happen.
pub struct EraseStaff {
    /// The establishment whose staff they were on last.
    pub establishment: Uai,
    /// Who.
    pub staff: PersonId,
    /// The invitations that wait at their address.
    pub invitations: Vec<PendingAt>,
}

#[async_trait]
impl UseCase for EraseStaff {
    /// Whether they are erased only now.
    type Output = bool;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<bool, CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let erased = work
            .get::<Establishment>(&self.establishment)
            .is_some_and(|establishment| establishment.erased_staff.contains(&self.staff));
        let erase = EstablishmentCommand::EraseStaff { staff: self.staff };
        work.handle::<Establishment>(&self.establishment, erase)
            .await?;
        revoke_pending(work, &self.invitations).await?;
        Ok(!erased)
    }
}
