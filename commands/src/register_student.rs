//! A pupil signs up (manual, "L'inscription, c'est chacun son tour !").

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::{ClassId, StudentId},
    student::{Student, StudentCommand, StudentError},
    values::{SchoolYear, Uai},
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
        let arrival = Arrival {
            establishment: &self.establishment,
            student: self.student,
            class: self.class,
        };
        let register = |establishment, school_year| StudentCommand::Register {
            establishment,
            school_year,
        };
        arrival.decide(work, register).await
    }
}

/// A pupil who comes to an establishment, for the first time or again.
pub(crate) struct Arrival<'a> {
    /// Which establishment.
    pub(crate) establishment: &'a Uai,
    /// Who.
    pub(crate) student: StudentId,
    /// Their class, if they said.
    pub(crate) class: Option<ClassId>,
}

impl Arrival<'_> {
    /// Has the pupil come for the establishment's present year, by the command made of both.
    pub(crate) async fn decide(
        &self,
        work: &mut UnitOfWork,
        come: fn(Uai, SchoolYear) -> StudentCommand,
    ) -> Result<(), CommandError> {
        work.load(Wanted {
            establishments: vec![self.establishment.clone()],
            classes: self.class.into_iter().collect(),
            students: vec![self.student],
        })
        .await?;
        let school_year = work
            .get::<Establishment>(self.establishment)
            .ok_or(Refusal::EstablishmentNotFound)?
            .year_for_newcomers()?;
        // A new year opened at this very moment must not leave a pupil behind in the old one.
        work.rely_on::<Establishment>(self.establishment);
        work.handle::<Student>(&self.student, come(self.establishment.clone(), school_year))
            .await
            .map_err(refusal)?;
        match self.class {
            Some(class) => self.place(work, class).await,
            None => Ok(()),
        }
    }

    async fn place(&self, work: &mut UnitOfWork, class: ClassId) -> Result<(), CommandError> {
        own_class(work, self.establishment, class).ok_or(Refusal::ClassNotFound)?;
        // Who is in a class already, their request having come twice, is moved by staff alone.
        if work
            .get::<Student>(&self.student)
            .is_some_and(|student| student.class.is_some())
        {
            return Ok(());
        }
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

pub(crate) fn refusal(error: StudentError) -> Refusal {
    match error {
        StudentError::AlreadyRegistered => Refusal::StudentAlreadyRegistered,
        StudentError::NotFound
        | StudentError::NotInEstablishment
        | StudentError::MovedMeanwhile { .. } => Refusal::StudentNotFound,
    }
}
