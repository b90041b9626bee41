//! A pupil signs up (manual, "L'inscription, c'est chacun son tour !").

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::{ClassId, StudentId},
    student::{Student, StudentCommand, StudentError},
    values::Uai,
};

use crate::{CommandError, Refusal, UnitOfWork, UseCase, Wanted, edit_class::own_class};

/// Registers a pupil in an establishment's present year, in a class if they know theirs.
pub struct RegisterStudent {
    /// Which establishment.
    pub establishment: Uai,
    /// Who.
    pub student: StudentId,
    /// Their class, if they said.
    pub class: Option<ClassId>,
}

#[async_trait]
impl UseCase for RegisterStudent {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted {
            establishments: vec![self.establishment.clone()],
            classes: self.class.into_iter().collect(),
            students: vec![self.student],
        })
        .await?;
        let school_year = work
            .get::<Establishment>(&self.establishment)
            .ok_or(Refusal::EstablishmentNotFound)?
            .school_year
            .ok_or(Refusal::EstablishmentNotRegistered)?;
        // A new year opened at this very moment must not leave a pupil behind in the old one.
        work.rely_on::<Establishment>(&self.establishment);
        let register = StudentCommand::Register {
            establishment: self.establishment.clone(),
            school_year,
        };
        work.handle::<Student>(&self.student, register)
            .await
            .map_err(refusal)?;
        let Some(class) = self.class else {
            return Ok(());
        };
        own_class(work, &self.establishment, class).ok_or(Refusal::ClassNotFound)?;
        let place = StudentCommand::Place {
            class,
            expected: None,
        };
        work.handle::<Student>(&self.student, place)
            .await
            .map_err(refusal)?;
        let admit = ClassCommand::Admit {
            student: self.student,
            from: None,
        };
        Ok(work.handle::<Class>(&class, admit).await?)
    }
}

fn refusal(error: StudentError) -> Refusal {
    match error {
        StudentError::AlreadyRegistered => Refusal::StudentAlreadyRegistered,
        StudentError::NotFound
        | StudentError::NotInEstablishment
        | StudentError::MovedMeanwhile { .. } => Refusal::StudentNotFound,
    }
}
