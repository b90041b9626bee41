//! Why an action was not done.

use domain::{
    class::ClassError,
    establishment::EstablishmentError,
    ids::{ClassId, StudentId},
};
use store::StoreError;

/// An action was not done; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl CommandError {
    /// Whether everything else would fail too: the database is out of service.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_outage())
    }
}

/// The rule that refused an action, with what a person needs to know to go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such establishment in the directory.
    #[error("no such establishment")]
    EstablishmentNotFound,
    /// No such class, or one of another establishment: its existence must not show.
    #[error("no such class")]
    ClassNotFound,
    /// No such pupil, or one of another establishment: its existence must not show.
    #[error("no such student")]
    StudentNotFound,
    /// No such invitation is pending.
    #[error("no such invitation")]
    InvitationNotFound,
    /// Nobody of that id is on the staff.
    #[error("no such member of staff")]
    StaffNotFound,
    /// Only those who left a staff are erased.
    #[error("the person is still on the staff")]
    StillOnStaff,
    /// Neither REP nor REP+, nor admitted by an administrator.
    #[error("the establishment is not eligible")]
    EstablishmentNotEligible,
    /// Its head has not registered it yet.
    #[error("the establishment is not registered")]
    EstablishmentNotRegistered,
    /// An establishment has one head.
    #[error("the establishment has a head already")]
    HeadAlreadyRegistered,
    /// The head is replaced, by an administrator, and never removed.
    #[error("the head stays until another takes over")]
    HeadStays,
    /// One pending invitation per address and establishment.
    #[error("the address is invited already")]
    AlreadyInvited,
    /// The pupil is registered, elsewhere or for another year.
    #[error("the student is registered already")]
    StudentAlreadyRegistered,
    /// The name is taken in that establishment and year, case and accents aside.
    #[error("the class name is taken")]
    ClassNameTaken,
    /// A class is deleted only when empty (manual, "Comment supprimer une classe").
    #[error("the class has {students} students")]
    ClassNotEmpty {
        /// How many pupils are in it.
        students: usize,
    },
    /// Somebody changed the class since the caller looked at it.
    #[error("the class is at version {current}")]
    StaleVersion {
        /// Its version now.
        current: u64,
    },
    /// A token was used, replaced or revoked, or has expired.
    #[error("the token is invalid")]
    TokenInvalid,
    /// One account per address.
    #[error("the address has an account already")]
    EmailTaken,
    /// A decision about eligibility needs a reason.
    #[error("the reason is missing")]
    ReasonMissing,
    /// The reason is too long to be kept.
    #[error("the reason is too long")]
    ReasonTooLong,
    /// Others kept changing the same things: try again.
    #[error("too many others are changing the same things")]
    Busy,
    /// Some of the asked changes cannot be done, so none was.
    #[error("{} roster changes cannot be done", .0.len())]
    Roster(Vec<RosterProblem>),
}

/// One change of a roster request that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterProblem {
    /// Its place in the request, from 0.
    pub index: usize,
    /// The pupil it names.
    pub student: StudentId,
    /// Why not.
    pub reason: RosterReason,
}

/// Why one change of a roster request cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterReason {
    /// No such pupil in this establishment.
    StudentNotFound,
    /// No such class in this establishment, or no longer.
    ClassNotFound,
    /// The pupil is no longer where the caller saw them.
    MovedMeanwhile {
        /// Where they are.
        current: Option<ClassId>,
    },
    /// The request names the same pupil twice.
    Repeated,
    /// Only the head and main teachers give a class to pupils who have none.
    MayNotAssign,
}

/// The unique indexes that hold rules over sets, as each engine names them, and the rules. Those over
/// addresses are named by who writes addresses, never by an engine.
const RULES_OVER_SETS: [(&str, Refusal); 6] = [
    ("classes_name", Refusal::ClassNameTaken),
    (
        "classes.establishment, classes.school_year, classes.name_key",
        Refusal::ClassNameTaken,
    ),
    ("accounts_email", Refusal::EmailTaken),
    // A sign-up becomes an account once: its token was used up by whoever was faster.
    ("accounts_pkey", Refusal::TokenInvalid),
    ("accounts.id", Refusal::TokenInvalid),
    ("invitees_email", Refusal::AlreadyInvited),
];

/// The unique index, as each engine names it, that somebody violates who chooses two classes at once:
/// the later choice is decided again, and leaves the class that the earlier one took.
const ONE_CLASS_EACH: [&str; 2] = ["class_main_teachers_staff", "class_main_teachers.staff_id"];

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Spent) {
            return Self::Refused(Refusal::TokenInvalid);
        }
        if let StoreError::Unique { index } = &error
            && ONE_CLASS_EACH.contains(&&**index)
        {
            return Self::Store(StoreError::Conflict);
        }
        if let StoreError::Unique { index } = &error
            && let Some((_, rule)) = RULES_OVER_SETS.iter().find(|(name, _)| name == index)
        {
            return Self::Refused(rule.clone());
        }
        Self::Store(error)
    }
}

impl From<ClassError> for Refusal {
    fn from(error: ClassError) -> Self {
        match error {
            ClassError::NotEmpty { students } => Self::ClassNotEmpty { students },
            ClassError::StaleVersion { current } => Self::StaleVersion { current },
            ClassError::NotFound
            | ClassError::Gone
            | ClassError::AlreadyExists
            | ClassError::StudentNotInClass => Self::ClassNotFound,
        }
    }
}

impl From<EstablishmentError> for Refusal {
    fn from(error: EstablishmentError) -> Self {
        match error {
            EstablishmentError::NotListed => Self::EstablishmentNotFound,
            EstablishmentError::NotEligible => Self::EstablishmentNotEligible,
            EstablishmentError::NotRegistered => Self::EstablishmentNotRegistered,
            EstablishmentError::HeadAlreadyRegistered => Self::HeadAlreadyRegistered,
            EstablishmentError::StaffNotFound => Self::StaffNotFound,
            EstablishmentError::StillOnStaff => Self::StillOnStaff,
            EstablishmentError::HeadStays => Self::HeadStays,
            EstablishmentError::InvitationNotFound => Self::InvitationNotFound,
            EstablishmentError::InvitationExists => Self::AlreadyInvited,
            EstablishmentError::ReasonMissing => Self::ReasonMissing,
            EstablishmentError::ReasonTooLong { .. } => Self::ReasonTooLong,
        }
    }
}

impl From<ClassError> for CommandError {
    fn from(error: ClassError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<EstablishmentError> for CommandError {
    fn from(error: EstablishmentError) -> Self {
        Self::Refused(error.into())
    }
}
