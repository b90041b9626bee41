use crate::ids::{ClassId, PersonId, StudentId};
use crate::values::{ClassName, SchoolYear, Track, Uai};

/// What may be asked of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassCommand {
    /// Opens a class in an establishment.
    Create {
        establishment: Uai,
        school_year: SchoolYear,
        name: ClassName,
        track: Track,
    },
    /// Gives it another name.
    Rename { name: ClassName },
    /// Gives it another track.
    ChangeTrack { track: Track },
    /// Takes a pupil in.
    Admit {
        student: StudentId,
        /// The class they leave for it, if they had one.
        from: Option<ClassId>,
    },
    /// Lets a pupil go.
    Withdraw {
        student: StudentId,
        /// The class they go to, if any.
        to: Option<ClassId>,
    },
    /// Makes somebody one of its main teachers.
    AssignMainTeacher {
        teacher: PersonId,
        /// The class they leave for it, if they had one.
        from: Option<ClassId>,
    },
    /// Somebody is no longer one of its main teachers.
    UnassignMainTeacher { teacher: PersonId },
    /// Deletes the class, which must be empty.
    Delete,
    /// The yearly reset removes the class with whoever is in it, unless it is one of the year that the
    /// reset opens, or of a later one. A class that is gone stays as it went.
    Purge {
        /// The year that the reset opens.
        school_year: SchoolYear,
    },
}
