//! The yearly reset of some establishments: what is left of earlier years ends, and the new year begins
//! (contract, "The reset").

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand},
    student::{Student, StudentCommand, StudentError},
    values::{SchoolYear, Uai},
};

use crate::{CommandError, Present, Refusal, UnitOfWork, UseCase};

/// Opens a school year in establishments: their classes are purged, their pupils released and their
/// pending invitations ended. Those that are in that year already, or in a later one, are left alone.
pub struct OpenSchoolYears {
    /// Which establishments. All change, or none.
    pub establishments: Vec<Uai>,
    /// Which year.
    pub school_year: SchoolYear,
}

/// What opening a school year did in one establishment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where.
    pub establishment: Uai,
    /// How many classes were purged.
    pub classes: u64,
    /// How many pupils were released.
    pub students: u64,
    /// How many pending invitations ended.
    pub invitations: u64,
}

#[async_trait]
impl UseCase for OpenSchoolYears {
    /// The establishments where the year was opened; not those that were in it.
    type Output = Vec<Opened>;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<Vec<Opened>, CommandError> {
        let present = work.load_school_years(&self.establishments).await?;
        let mut opened = Vec::with_capacity(self.establishments.len());
        for establishment in &self.establishments {
            opened.extend(self.open(work, establishment, &present).await?);
        }
        Ok(opened)
    }
}

impl OpenSchoolYears {
    /// What it did, unless the establishment was in that year.
    async fn open(
        &self,
        work: &mut UnitOfWork,
        uai: &Uai,
        present: &BTreeMap<Uai, Present>,
    ) -> Result<Option<Opened>, CommandError> {
        let school_year = self.school_year;
        let establishment = work
            .get::<Establishment>(uai)
            .ok_or(Refusal::EstablishmentNotFound)?;
        let invitations = establishment.invitations.len() as u64;
        if establishment.school_year >= Some(school_year) {
            return Ok(None);
        }
        work.handle::<Establishment>(uai, EstablishmentCommand::OpenSchoolYear { school_year })
            .await?;
        let mut opened = Opened {
            establishment: uai.clone(),
            classes: 0,
            students: 0,
            invitations,
        };
        if let Some(present) = present.get(uai) {
            for class in &present.classes {
                let purge = ClassCommand::Purge { school_year };
                work.handle::<Class>(class, purge).await?;
                opened.classes += 1;
            }
            for student in &present.students {
                let release = StudentCommand::Release { school_year };
                let released = work.handle::<Student>(student, release).await;
                released.map_err(|_: StudentError| Refusal::StudentNotFound)?;
                opened.students += 1;
            }
        }
        Ok(Some(opened))
    }
}
