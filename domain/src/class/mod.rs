//! A class of an establishment: its name, its track and the pupils in it.

mod commands;
mod decide;
mod events;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use commands::ClassCommand;
pub use events::ClassEvent;

use crate::aggregate::aggregate;
use crate::ids::{PersonId, StudentId};
use crate::refusal::Refusal;
use crate::values::{ClassName, SchoolYear, Track, Uai};

/// Where a class is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassStatus {
    /// Never created.
    #[default]
    Absent,
    /// In use.
    Open,
    /// Deleted by staff.
    Deleted,
    /// Removed by the yearly reset.
    Purged,
}

/// A class as its events left it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    pub status: ClassStatus,
    /// Known once created, as are the next three.
    pub establishment: Option<Uai>,
    pub school_year: Option<SchoolYear>,
    pub name: Option<ClassName>,
    pub track: Option<Track>,
    pub students: BTreeSet<StudentId>,
    pub main_teachers: BTreeSet<PersonId>,
    /// How often the class's own attributes changed (creation, name, track). Pupils who come and
    /// go do not count: they must not make a rename stale.
    pub version: u64,
}

impl Class {
    /// Whether it was created and is still there.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == ClassStatus::Open
    }

    /// Whether it is a class of this establishment.
    #[must_use]
    pub fn belongs_to(&self, establishment: &Uai) -> bool {
        self.establishment.as_ref() == Some(establishment)
    }

    /// Refuses a change based on none but other versions than the present one; no expectation is fine.
    pub fn check_version(&self, expected: Option<&[u64]>) -> Result<(), Refusal> {
        match expected {
            Some(expected) if !expected.contains(&self.version) => Err(Refusal::StaleVersion {
                current: self.version,
            }),
            _ => Ok(()),
        }
    }

    fn evolve(&mut self, event: ClassEvent) {
        match event {
            ClassEvent::ClassCreated {
                establishment,
                school_year,
                name,
                track,
            } => {
                self.status = ClassStatus::Open;
                self.establishment = Some(establishment);
                self.school_year = Some(school_year);
                self.name = Some(name);
                self.track = Some(track);
                self.version += 1;
            }
            ClassEvent::ClassRenamed { name, .. } => {
                self.name = Some(name);
                self.version += 1;
            }
            ClassEvent::ClassTrackChanged { track, .. } => {
                self.track = Some(track);
                self.version += 1;
            }
            ClassEvent::StudentAdmitted { student, .. } => {
                self.students.insert(student);
            }
            ClassEvent::StudentWithdrawn { student, .. } => {
                self.students.remove(&student);
            }
            ClassEvent::MainTeacherAssigned { teacher, .. } => {
                self.main_teachers.insert(teacher);
            }
            ClassEvent::MainTeacherUnassigned { teacher } => {
                self.main_teachers.remove(&teacher);
            }
            ClassEvent::ClassDeleted {} => self.status = ClassStatus::Deleted,
            ClassEvent::ClassPurged { .. } => {
                self.status = ClassStatus::Purged;
                self.students.clear();
            }
        }
    }
}

aggregate!(Class, "class", ClassCommand, ClassEvent);
