//! Somebody leaves the staff of an establishment, and their class with it.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted, set_own_class::leave_classes};

/// Removes a member of the staff, who is not the head. An assignment to a class that commits at the
/// same moment is not seen here: execute it together with `projections::classes::OnlyStaffTeach`.
pub struct RemoveStaff {
    /// Which establishment.
    pub establishment: Uai,
    /// Who leaves.
    pub staff: PersonId,
}

#[async_trait]
impl UseCase for RemoveStaff {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let command = EstablishmentCommand::RemoveStaff { staff: self.staff };
        work.handle::<Establishment>(&self.establishment, command)
            .await?;
        leave_classes(work, &self.establishment, self.staff, None).await?;
        Ok(())
    }
}
