use crate::ids::{ClassId, InvitationId, PersonId};
use crate::values::{EmailAddress, PostalCode, Priority, SchoolYear, StaffRole};

/// What may be asked of an establishment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EstablishmentCommand {
    /// The directory knows it, under these particulars.
    List(ListingUpdate),
    /// The directory says that it is closed. Of a school that it never knew, that is no news.
    Close,
    /// An administrator admits it by derogation, or excludes it.
    DecideEligibility {
        eligible: bool,
        /// Why: trimmed, 1 to [`super::LONGEST_REASON`] characters.
        reason: String,
    },
    /// Its head signs it up (manual, "Comment inscrire l'établissement"). Whoever follows a head's
    /// invitation also takes over an establishment that has a head.
    Register {
        head: PersonId,
        /// The year it starts with, unless it is registered already.
        school_year: SchoolYear,
        invitation: Option<InvitationId>,
    },
    /// An administrator makes a member of its staff its head.
    ReplaceHead { head: PersonId },
    /// Somebody is invited to join its staff.
    Invite {
        /// The invitation; whom it went to stands with the personal data.
        invitation: InvitationId,
        role: StaffRole,
        /// The class a main teacher is meant for, if said.
        class: Option<ClassId>,
    },
    /// An invitation that nobody has followed yet is taken back.
    RevokeInvitation { invitation: InvitationId },
    /// A member of staff other than the head joins it.
    AddStaff {
        staff: PersonId,
        /// As what: what the invitation says, if they follow one.
        role: StaffRole,
        invitation: Option<InvitationId>,
    },
    /// A member of staff other than the head leaves it.
    RemoveStaff { staff: PersonId },
    /// The personal data of somebody who left its staff are erased.
    EraseStaff { staff: PersonId },
    /// The yearly reset brings it to a new school year. One that is in that year already, or in a later
    /// one, stays in it.
    OpenSchoolYear { school_year: SchoolYear },
}

/// What one file of the directory says of a school. What it does not say stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingUpdate {
    pub name: String,
    pub city: String,
    /// Its postal code; `None` when the file lacks the column or the cell is empty.
    pub postal_code: Option<PostalCode>,
    /// Its department, likewise.
    pub department: Option<String>,
    /// Its academy, likewise.
    pub academy: Option<String>,
    /// Its official mailbox, likewise.
    pub mailbox: Option<EmailAddress>,
    /// Whether it is closed, likewise.
    pub closed: Option<bool>,
    /// Its mark of priority education; `None` when the file lacks the column, `Some(None)` when
    /// the file says that it has none.
    pub priority: Option<Option<Priority>>,
}
