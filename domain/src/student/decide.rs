//! What is asked of a pupil, and what becomes of it.

use super::{Student, StudentCommand, StudentEvent};
use crate::ids::ClassId;
use crate::refusal::{Decided, Refusal};
use crate::values::{SchoolYear, Uai};

impl Student {
    /// What a command causes.
    pub fn decide(&self, command: StudentCommand) -> Decided<StudentEvent> {
        match command {
            StudentCommand::Register {
                establishment,
                school_year,
            } => self.register(establishment, school_year),
            StudentCommand::Rejoin {
                establishment,
                school_year,
            } => self.rejoin(establishment, school_year),
            StudentCommand::Place { class } => self.place(class),
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

    fn register(&self, establishment: Uai, school_year: SchoolYear) -> Decided<StudentEvent> {
        if !self.registered {
            return Ok(vec![StudentEvent::StudentRegistered {
                establishment,
                school_year,
            }]);
        }
        self.require_there(&establishment, school_year)
    }

    fn rejoin(&self, establishment: Uai, school_year: SchoolYear) -> Decided<StudentEvent> {
        match self.whereabouts()? {
            None => Ok(vec![StudentEvent::StudentRejoined {
                establishment,
                school_year,
            }]),
            Some(_) => self.require_there(&establishment, school_year),
        }
    }

    /// Nothing to do for a pupil who is there in that year; one who is elsewhere cannot come.
    fn require_there(&self, establishment: &Uai, school_year: SchoolYear) -> Decided<StudentEvent> {
        if self.belongs_to(establishment) && self.school_year == Some(school_year) {
            return Ok(Vec::new());
        }
        Err(Refusal::StudentAlreadyRegistered)
    }

    fn place(&self, class: ClassId) -> Decided<StudentEvent> {
        self.require_establishment()?;
        if self.class == Some(class) {
            return Ok(Vec::new());
        }
        Ok(vec![match self.class {
            None => StudentEvent::StudentAssigned { class },
            Some(from) => StudentEvent::StudentMoved { from, to: class },
        }])
    }

    fn release(&self, school_year: SchoolYear) -> Decided<StudentEvent> {
        Ok(match self.whereabouts()? {
            Some(establishment) if self.school_year < Some(school_year) => {
                vec![StudentEvent::StudentReleased {
                    establishment: establishment.clone(),
                    from: self.class,
                    school_year,
                }]
            }
            _ => Vec::new(),
        })
    }

    fn erase(&self) -> Decided<StudentEvent> {
        match (self.registered, self.erased) {
            (false, _) => Err(Refusal::StudentNotFound),
            (true, true) => Ok(Vec::new()),
            (true, false) => Ok(vec![StudentEvent::StudentErased {}]),
        }
    }

    fn require_establishment(&self) -> Result<&Uai, Refusal> {
        self.whereabouts()?.ok_or(Refusal::StudentNotFound)
    }

    /// The establishment that a pupil who is known is in, if any.
    fn whereabouts(&self) -> Result<Option<&Uai>, Refusal> {
        if !self.registered || self.erased {
            return Err(Refusal::StudentNotFound);
        }
        Ok(self.establishment.as_ref())
    }
}
