//! Admission by derogation, or exclusion, by an administrator.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted};

/// Decides whether a school may take part, whatever its mark in the directory.
pub struct DecideEligibility {
    /// Which school.
    pub establishment: Uai,
    /// Admitted or excluded.
    pub eligible: bool,
    /// Why; kept for ever in the log, so without personal data.
    pub reason: String,
}

#[async_trait]
impl UseCase for DecideEligibility {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let command = EstablishmentCommand::DecideEligibility {
            eligible: self.eligible,
            reason: self.reason.clone(),
        };
        Ok(work
            .handle::<Establishment>(&self.establishment, command)
            .await?)
    }
}
