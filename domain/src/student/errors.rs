use crate::ids::ClassId;

/// Why a pupil's stream refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StudentError {
    /// The pupil never signed up, or was erased.
    #[error("the student does not exist")]
    NotFound,
    /// The pupil is in no establishment: rejected, or released at the end of a year.
    #[error("the student is in no establishment")]
    NotInEstablishment,
    /// The pupil already signed up, or is, in another establishment or year.
    #[error("the student is already registered")]
    AlreadyRegistered,
    /// Somebody else moved the pupil since whoever decides looked.
    #[error("the student was moved meanwhile")]
    MovedMeanwhile { current: Option<ClassId> },
}
