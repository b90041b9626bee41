//! What is asked of a pupil, and what becomes of it.

use super::{Student, StudentCommand, StudentError, StudentEvent};
use crate::ids::ClassId;
use crate::values::{SchoolYear, Uai};

impl Student {
    /// The events that a command causes; none when all is already as it asks.
    pub fn decide(&self, command: StudentCommand) -> Result<Vec<StudentEvent>, StudentError> {
        match command {
            StudentCommand::Register {
                establishment,
                school_year,
            } => self.register(establishment, school_year),
            StudentCommand::Rejoin {
                establishment,
                school_year,
            } => self.rejoin(establishment, school_year),
            StudentCommand::Place { class, expected } => self.place(class, expected),
            StudentCommand::Reject => {
                let establishment = self.require_establishment()?.clone();
                Ok(vec![StudentEvent::StudentRejected {
                    establishment,
                    from: self.class,
                }])
            }
            StudentCommand::Release { school_year } => self.release(school_year),
            StudentCommand::Erase => self.erase(),
        }
    }

    fn register(
        &self,
        establishment: Uai,
        school_year: SchoolYear,
    ) -> Result<Vec<StudentEvent>, StudentError> {
        if !self.registered {
            return Ok(vec![StudentEvent::StudentRegistered {
                establishment,
                school_year,
            }]);
        }
        self.require_there(&establishment, school_year)
    }

    fn rejoin(
        &self,
        establishment: Uai,
        school_year: SchoolYear,
    ) -> Result<Vec<StudentEvent>, StudentError> {
        match self.require_establishment() {
            Err(StudentError::NotInEstablishment) => Ok(vec![StudentEvent::StudentRejoined {
                establishment,
                school_year,
            }]),
            Ok(_) => self.require_there(&establishment, school_year),
            Err(error) => Err(error),
        }
    }

    /// Nothing to do for a pupil who is there in that year; one who is elsewhere cannot come.
    fn require_there(
        &self,
        establishment: &Uai,
        school_year: SchoolYear,
    ) -> Result<Vec<StudentEvent>, StudentError> {
        if self.belongs_to(establishment) && self.school_year == Some(school_year) {
            return Ok(Vec::new());
        }
        Err(StudentError::AlreadyRegistered)
    }

    #[expect(
        clippy::option_option,
        reason = "having seen no class is not having seen nothing"
    )]
    fn place(
        &self,
        class: ClassId,
        expected: Option<Option<ClassId>>,
    ) -> Result<Vec<StudentEvent>, StudentError> {
        self.require_establishment()?;
        if self.class == Some(class) {
            return Ok(Vec::new());
        }
        if expected.is_some_and(|seen| seen != self.class) {
            return Err(StudentError::MovedMeanwhile {
                current: self.class,
            });
        }
        Ok(vec![match self.class {
            None => StudentEvent::StudentAssigned { class },
            Some(from) => StudentEvent::StudentMoved { from, to: class },
        }])
    }

    fn release(&self, school_year: SchoolYear) -> Result<Vec<StudentEvent>, StudentError> {
        let establishment = match self.require_establishment() {
            Ok(establishment) if self.school_year < Some(school_year) => establishment.clone(),
            Ok(_) | Err(StudentError::NotInEstablishment) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(vec![StudentEvent::StudentReleased {
            establishment,
            from: self.class,
            school_year,
        }])
    }

    fn erase(&self) -> Result<Vec<StudentEvent>, StudentError> {
        match (self.registered, self.erased) {
            (false, _) => Err(StudentError::NotFound),
            (true, true) => Ok(Vec::new()),
            (true, false) => Ok(vec![StudentEvent::StudentErased {}]),
        }
    }

    fn require_establishment(&self) -> Result<&Uai, StudentError> {
        if !self.registered || self.erased {
            return Err(StudentError::NotFound);
        }
        self.establishment
            .as_ref()
            .ok_or(StudentError::NotInEstablishment)
    }
}
