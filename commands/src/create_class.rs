//! A class is created (manual, "Comment procéder à la création des classes").

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::ClassId,
    values::{ClassName, Track, Uai},
};

use crate::{CommandError, Refusal, UnitOfWork, UseCase, Wanted};

/// Creates a class in the establishment's present school year.
pub struct CreateClass {
    /// Whose class.
    pub establishment: Uai,
    /// Its id, chosen by the caller: the same command twice makes one class.
    pub class: ClassId,
    /// Its name.
    pub name: ClassName,
    /// Its track.
    pub track: Track,
}

#[async_trait]
impl UseCase for CreateClass {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted {
            establishments: vec![self.establishment.clone()],
            classes: vec![self.class],
            ..Wanted::default()
        })
        .await?;
        let school_year = work
            .get::<Establishment>(&self.establishment)
            .ok_or(Refusal::EstablishmentNotFound)?
            .school_year
            .ok_or(Refusal::EstablishmentNotRegistered)?;
        // A new year opened at this very moment must not leave a class behind in the old one.
        work.rely_on::<Establishment>(&self.establishment);
        let command = ClassCommand::Create {
            establishment: self.establishment.clone(),
            school_year,
            name: self.name.clone(),
            track: self.track,
        };
        Ok(work.handle::<Class>(&self.class, command).await?)
    }
}
