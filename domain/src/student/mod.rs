//! A pupil: the establishment and the class they are in. Who they are stands elsewhere.

mod commands;
mod errors;
mod events;
#[cfg(test)]
mod tests;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use commands::StudentCommand;
pub use errors::StudentError;
pub use events::StudentEvent;

use crate::ids::ClassId;
use crate::values::{SchoolYear, Uai};

/// A pupil as their events left them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Student {
    /// Whether they ever signed up.
    pub registered: bool,
    /// The establishment they are in; none once rejected or released.
    pub establishment: Option<Uai>,
    /// The year they are there for.
    pub school_year: Option<SchoolYear>,
    /// The class they are in, if any.
    pub class: Option<ClassId>,
    /// The establishment they are in, or else the last they were in.
    pub last_establishment: Option<Uai>,
    /// Whether their personal data were erased.
    pub erased: bool,
}

impl Student {
    /// Whether they are in this establishment.
    #[must_use]
    pub fn belongs_to(&self, establishment: &Uai) -> bool {
        self.establishment.as_ref() == Some(establishment)
    }

    /// The events that a command causes; none when all is already as it asks.
    ///
    /// # Errors
    /// When the command is refused; see [`StudentError`].
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

    fn leave(&mut self) {
        self.establishment = None;
        self.school_year = None;
        self.class = None;
    }
}

impl Aggregate for Student {
    const TYPE: &'static str = "student";
    type Command = StudentCommand;
    type Event = StudentEvent;
    type Error = StudentError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        _services: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            StudentEvent::StudentRegistered {
                establishment,
                school_year,
            }
            | StudentEvent::StudentRejoined {
                establishment,
                school_year,
            } => {
                self.registered = true;
                self.last_establishment = Some(establishment.clone());
                self.establishment = Some(establishment);
                self.school_year = Some(school_year);
                self.class = None;
            }
            StudentEvent::StudentAssigned { class } => self.class = Some(class),
            StudentEvent::StudentMoved { to, .. } => self.class = Some(to),
            StudentEvent::StudentRejected { .. } | StudentEvent::StudentReleased { .. } => {
                self.leave();
            }
            StudentEvent::StudentErased {} => {
                self.leave();
                self.erased = true;
            }
        }
    }
}
