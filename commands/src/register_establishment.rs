//! The head registers the establishment (manual, "Comment inscrire l'établissement").

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::{SchoolYear, Uai},
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted};

/// Registers an establishment with its head, in its first school year.
pub struct RegisterEstablishment {
    /// Which establishment.
    pub establishment: Uai,
    /// Its head, who joins its staff.
    pub head: PersonId,
    /// The school year it starts with.
    pub school_year: SchoolYear,
}

#[async_trait]
impl UseCase for RegisterEstablishment {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let command = EstablishmentCommand::Register {
            head: self.head,
            school_year: self.school_year,
            invitation: None,
        };
        Ok(work
            .handle::<Establishment>(&self.establishment, command)
            .await?)
    }
}
