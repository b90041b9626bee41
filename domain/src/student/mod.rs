//! A pupil: the establishment and the class they are in. Who they are stands elsewhere.

mod commands;
mod decide;
mod events;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use commands::StudentCommand;
pub use events::StudentEvent;

use crate::aggregate::aggregate;
use crate::ids::ClassId;
use crate::values::{SchoolYear, Uai};

/// A pupil as their events left them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Student {
    pub registered: bool,
    /// The establishment they are in; none once rejected or released.
    pub establishment: Option<Uai>,
    pub school_year: Option<SchoolYear>,
    pub class: Option<ClassId>,
    /// The establishment they are in, or else the last they were in.
    pub last_establishment: Option<Uai>,
    pub erased: bool,
}

impl Student {
    /// Whether they are in this establishment.
    #[must_use]
    pub fn belongs_to(&self, establishment: &Uai) -> bool {
        self.establishment.as_ref() == Some(establishment)
    }

    fn leave(&mut self) {
        self.establishment = None;
        self.school_year = None;
        self.class = None;
    }

    fn evolve(&mut self, event: StudentEvent) {
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

aggregate!(Student, "student", StudentCommand, StudentEvent);
