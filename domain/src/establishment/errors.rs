use super::LONGEST_REASON;

/// Why an establishment refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstablishmentError {
    /// The directory does not know it.
    #[error("the establishment is not in the directory")]
    NotListed,
    /// It has no mark of priority education, and nobody admitted it; or somebody excluded it. It then
    /// takes no newcomers.
    #[error("the establishment is not eligible")]
    NotEligible,
    /// No head has signed it up yet, and the others wait for that (manual, "L'inscription, c'est
    /// chacun son tour !").
    #[error("the establishment is not registered")]
    NotRegistered,
    /// It has a head, and there is only one.
    #[error("the establishment already has a head")]
    HeadAlreadyRegistered,
    /// Nobody can be its head or leave its staff without being on it.
    #[error("the person is not on the staff")]
    StaffNotFound,
    /// Only those who left are erased.
    #[error("the person is still on the staff")]
    StillOnStaff,
    /// The head is replaced, by an administrator, and never removed.
    #[error("the head stays until another takes over")]
    HeadStays,
    /// The invitation was followed, revoked or ended with its school year; or it never was, or is
    /// one to another role.
    #[error("the invitation is not pending")]
    InvitationNotFound,
    /// Another invitation is pending under this id.
    #[error("the invitation already exists")]
    InvitationExists,
    /// A decision of an administrator needs a reason.
    #[error("a decision needs a reason")]
    ReasonMissing,
    /// The reason is too long.
    #[error("a reason has at most {LONGEST_REASON} characters, not {length}")]
    ReasonTooLong { length: usize },
}
