use crate::ids::ClassId;
use crate::values::{SchoolYear, Uai};

/// What may be asked of a pupil's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StudentCommand {
    /// The pupil signs up in an establishment.
    Register {
        establishment: Uai,
        school_year: SchoolYear,
    },
    /// The pupil, who is in no establishment any more, joins one again.
    Rejoin {
        establishment: Uai,
        school_year: SchoolYear,
    },
    /// Staff give the pupil a class: a first one, or another.
    Place { class: ClassId },
    /// Staff say that the pupil is not of their establishment.
    Reject,
    /// The yearly reset lets the pupil go, unless they are there for the year that it opens, or for a later
    /// one. A pupil who is nowhere stays so.
    Release {
        /// The year that the reset opens.
        school_year: SchoolYear,
    },
    /// The pupil's personal data are erased, wherever the pupil is; they leave where they are.
    Erase,
}
