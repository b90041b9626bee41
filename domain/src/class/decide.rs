//! What is asked of a class, and what becomes of it.

use super::{Class, ClassCommand, ClassEvent, ClassStatus};
use crate::refusal::{Decided, Refusal};
use crate::values::{ClassName, SchoolYear, Track, Uai};

impl Class {
    /// What a command causes.
    pub fn decide(&self, command: ClassCommand) -> Decided<ClassEvent> {
        match command {
            ClassCommand::Create {
                establishment,
                school_year,
                name,
                track,
            } => self.create(establishment, school_year, name, track),
            ClassCommand::Rename { name } => self.rename(name),
            ClassCommand::ChangeTrack { track } => self.change_track(track),
            ClassCommand::Admit { student, from } => {
                self.require_open()?;
                if self.students.contains(&student) {
                    return Ok(Vec::new());
                }
                Ok(vec![ClassEvent::StudentAdmitted { student, from }])
            }
            ClassCommand::Withdraw { student, to } => {
                self.require_open()?;
                if !self.students.contains(&student) {
                    return Err(Refusal::StudentNotFound);
                }
                Ok(vec![ClassEvent::StudentWithdrawn { student, to }])
            }
            ClassCommand::AssignMainTeacher { teacher, from } => {
                self.require_open()?;
                if self.main_teachers.contains(&teacher) {
                    return Ok(Vec::new());
                }
                Ok(vec![ClassEvent::MainTeacherAssigned { teacher, from }])
            }
            ClassCommand::UnassignMainTeacher { teacher } => {
                self.require_open()?;
                if !self.main_teachers.contains(&teacher) {
                    return Ok(Vec::new());
                }
                Ok(vec![ClassEvent::MainTeacherUnassigned { teacher }])
            }
            ClassCommand::Delete => self.delete(),
            ClassCommand::Purge { school_year } => self.purge(school_year),
        }
    }

    fn create(
        &self,
        establishment: Uai,
        school_year: SchoolYear,
        name: ClassName,
        track: Track,
    ) -> Decided<ClassEvent> {
        match self.status {
            ClassStatus::Absent => Ok(vec![ClassEvent::ClassCreated {
                establishment,
                school_year,
                name,
                track,
            }]),
            ClassStatus::Open
                if self.belongs_to(&establishment)
                    && self.school_year == Some(school_year)
                    && self.name.as_ref() == Some(&name)
                    && self.track == Some(track) =>
            {
                Ok(Vec::new())
            }
            ClassStatus::Open | ClassStatus::Deleted | ClassStatus::Purged => {
                Err(Refusal::ClassNotFound)
            }
        }
    }

    fn rename(&self, name: ClassName) -> Decided<ClassEvent> {
        self.require_open()?;
        let previous = self.name.clone().ok_or(Refusal::ClassNotFound)?;
        if previous == name {
            return Ok(Vec::new());
        }
        Ok(vec![ClassEvent::ClassRenamed { name, previous }])
    }

    fn change_track(&self, track: Track) -> Decided<ClassEvent> {
        self.require_open()?;
        let previous = self.track.ok_or(Refusal::ClassNotFound)?;
        if previous == track {
            return Ok(Vec::new());
        }
        Ok(vec![ClassEvent::ClassTrackChanged { track, previous }])
    }

    fn delete(&self) -> Decided<ClassEvent> {
        if self.status == ClassStatus::Deleted {
            return Ok(Vec::new());
        }
        self.require_open()?;
        match self.students.len() {
            0 => Ok(vec![ClassEvent::ClassDeleted {}]),
            students => Err(Refusal::ClassNotEmpty { students }),
        }
    }

    fn purge(&self, school_year: SchoolYear) -> Decided<ClassEvent> {
        match self.status {
            ClassStatus::Absent => Err(Refusal::ClassNotFound),
            ClassStatus::Open if self.school_year < Some(school_year) => {
                Ok(vec![ClassEvent::ClassPurged { school_year }])
            }
            ClassStatus::Open | ClassStatus::Deleted | ClassStatus::Purged => Ok(Vec::new()),
        }
    }

    fn require_open(&self) -> Result<(), Refusal> {
        if self.is_open() {
            Ok(())
        } else {
            Err(Refusal::ClassNotFound)
        }
    }
}
