//! Somebody joins the staff of an establishment.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::{StaffRole, Uai},
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted};

/// Adds somebody to the staff. The head comes with the registration, never this way.
pub struct AddStaff {
    /// Which establishment.
    pub establishment: Uai,
    /// Who joins.
    pub staff: PersonId,
    /// As what.
    pub role: StaffRole,
}

#[async_trait]
impl UseCase for AddStaff {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let command = EstablishmentCommand::AddStaff {
            staff: self.staff,
            role: self.role,
            invitation: None,
        };
        Ok(work
            .handle::<Establishment>(&self.establishment, command)
            .await?)
    }
}
