use crate::ids::{InvitationId, PersonId};
use crate::values::{EmailAddress, PostalCode, Priority, SchoolYear, StaffRole};

/// What may be asked of an establishment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EstablishmentCommand {
    /// The directory knows it, under these particulars.
    List(ListingUpdate),
    /// An administrator admits it by derogation, or excludes it.
    DecideEligibility {
        /// Admitted or excluded.
        eligible: bool,
        /// Why: trimmed, 1 to [`super::LONGEST_REASON`] characters.
        reason: String,
    },
    /// Its head signs it up (manual, "Comment inscrire l'établissement").
    Register {
        /// The head.
        head: PersonId,
        /// The year it starts with.
        school_year: SchoolYear,
    },
    /// A member of staff other than the head joins it.
    AddStaff {
        /// Who.
        staff: PersonId,
        /// As what.
        role: StaffRole,
        /// The invitation they follow, if any.
        invitation: Option<InvitationId>,
    },
}

/// What one file of the directory says of a school. What it does not say stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingUpdate {
    /// The school's name.
    pub name: String,
    /// The town it is in.
    pub city: String,
    /// Its postal code; `None` when the file lacks the column or the cell is empty.
    pub postal_code: Option<PostalCode>,
    /// Its department, likewise.
    pub department: Option<String>,
    /// Its academy, likewise.
    pub academy: Option<String>,
    /// Its official mailbox, likewise.
    pub mailbox: Option<EmailAddress>,
    /// Its mark of priority education; `None` when the file lacks the column, `Some(None)` when
    /// the file says that it has none.
    pub priority: Option<Option<Priority>>,
}
