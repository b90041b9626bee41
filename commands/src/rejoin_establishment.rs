//! A pupil joins an establishment again, after a rejection or for a new year.

use async_trait::async_trait;
use domain::{
    ids::{ClassId, StudentId},
    student::StudentCommand,
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, register_student::Arrival};

/// Takes a pupil in who has an account and is in no establishment, in its present year, in a class if
/// they know theirs.
pub struct RejoinEstablishment {
    /// Which establishment.
    pub establishment: Uai,
    /// Who.
    pub student: StudentId,
    /// Their class, if they said.
    pub class: Option<ClassId>,
}

#[async_trait]
impl UseCase for RejoinEstablishment {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        let arrival = Arrival {
            establishment: &self.establishment,
            student: self.student,
            class: self.class,
        };
        let rejoin = |establishment, school_year| StudentCommand::Rejoin {
            establishment,
            school_year,
        };
        arrival.decide(work, rejoin).await
    }
}
