//! Loading or refreshing the school directory.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand, ListingUpdate},
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted};

/// Lists the schools of one directory file: all of them, or none.
pub struct ImportDirectory {
    /// What the file says of each school, each named once.
    pub schools: Vec<(Uai, ListingUpdate)>,
}

/// What an import changed, in schools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// New in the directory.
    pub listed: u64,
    /// Known, and changed by the file.
    pub updated: u64,
    /// Known, and as the file says.
    pub unchanged: u64,
}

#[async_trait]
impl UseCase for ImportDirectory {
    type Output = ImportOutcome;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<ImportOutcome, CommandError> {
        work.load(Wanted {
            establishments: self.schools.iter().map(|(uai, _)| uai.clone()).collect(),
            ..Wanted::default()
        })
        .await?;
        let mut outcome = ImportOutcome::default();
        for (uai, update) in &self.schools {
            let before = work
                .get::<Establishment>(uai)
                .and_then(|school| school.listing.clone());
            work.handle::<Establishment>(uai, EstablishmentCommand::List(update.clone()))
                .await?;
            let after = work
                .get::<Establishment>(uai)
                .and_then(|school| school.listing.as_ref());
            match before {
                None => outcome.listed += 1,
                Some(before) if after == Some(&before) => outcome.unchanged += 1,
                Some(_) => outcome.updated += 1,
            }
        }
        Ok(outcome)
    }
}
