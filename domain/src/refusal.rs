//! The rules that refuse an action, as those who asked for it are told.

use crate::ids::{ClassId, StudentId};

/// The rule that refused an action, with what a person needs to know to go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
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
    #[error("no such member of staff")]
    StaffNotFound,
    /// Only those who left a staff are erased.
    #[error("the person is still on the staff")]
    StillOnStaff,
    /// Neither REP nor REP+, nor admitted by an administrator.
    #[error("the establishment is not eligible")]
    EstablishmentNotEligible,
    /// The directory says that it is closed.
    #[error("the establishment is closed")]
    EstablishmentClosed,
    #[error("the establishment is not registered")]
    EstablishmentNotRegistered,
    /// An establishment has one head.
    #[error("the establishment has a head already")]
    HeadAlreadyRegistered,
    /// The head is replaced, by an administrator, and never removed.
    #[error("the head stays until another takes over")]
    HeadStays,
    /// By an invitation an administrator hands headship over, and only they take it back.
    #[error("an administrator hands headship over by this invitation")]
    HandoverStays,
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
    ClassNotEmpty { students: usize },
    /// Somebody changed the class since the caller looked at it.
    #[error("the class is at version {current}")]
    StaleVersion { current: u64 },
    /// A token was used, replaced or revoked, or has expired.
    #[error("the token is invalid")]
    TokenInvalid,
    /// One account per address.
    #[error("the address has an account already")]
    EmailTaken,
    /// A decision about eligibility needs a reason.
    #[error("the reason is missing")]
    ReasonMissing,
    #[error("the reason is too long")]
    ReasonTooLong,
    /// Others kept changing the same things: try again.
    #[error("too many others are changing the same things")]
    Busy,
    /// Some of the asked changes cannot be done, so none was.
    #[error("{} roster changes cannot be done", .0.len())]
    Roster(Vec<RosterProblem>),
}

/// What a command causes: events, none when all is already as it asks; or the rule that refuses it.
pub type Decided<E> = Result<Vec<E>, Refusal>;

/// One change of a roster request that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterProblem {
    /// Its place in the request, from 0.
    pub index: usize,
    pub student: StudentId,
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
