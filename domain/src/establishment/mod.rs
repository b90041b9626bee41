//! An establishment of the directory: whether it may take part, its head, its staff, its year.

mod commands;
mod decide;
mod events;
mod listing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use commands::{EstablishmentCommand, ListingUpdate};
pub use events::EstablishmentEvent;
pub use listing::Listing;

use crate::aggregate::aggregate;
use crate::ids::{ClassId, InvitationId, PersonId};
use crate::refusal::Refusal;
use crate::values::{SchoolYear, StaffRole};

/// The most characters an administrator's reason may have.
pub const LONGEST_REASON: usize = 500;

/// An administrator's decision on who may take part, which goes before the directory's mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityDecision {
    pub eligible: bool,
    pub reason: String,
}

/// An invitation that nobody has followed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingInvitation {
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said.
    pub class: Option<ClassId>,
}

/// An establishment as its events left it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Establishment {
    /// What the directory says of it; none when the directory does not know it.
    pub listing: Option<Listing>,
    pub decision: Option<EligibilityDecision>,
    /// Its head, from its registration on.
    pub head: Option<PersonId>,
    /// The school year it is in, from its registration on.
    pub school_year: Option<SchoolYear>,
    /// Its staff, the head included.
    pub staff: BTreeMap<PersonId, StaffRole>,
    /// Those who left its staff and were not erased since.
    pub former_staff: BTreeSet<PersonId>,
    /// Those who left its staff and were erased.
    pub erased_staff: BTreeSet<PersonId>,
    pub invitations: BTreeMap<InvitationId, PendingInvitation>,
}

impl Establishment {
    /// Whether it may take part: as an administrator decided, else when the directory marks it
    /// as priority education (manual, "Comment inscrire l'établissement"); never once it is closed.
    #[must_use]
    pub fn eligible(&self) -> bool {
        !self.closed()
            && match &self.decision {
                Some(decision) => decision.eligible,
                None => self
                    .listing
                    .as_ref()
                    .is_some_and(|listing| listing.priority.is_some()),
            }
    }

    /// Whether the directory says that it is closed.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.listing.as_ref().is_some_and(|listing| listing.closed)
    }

    /// Goes on only where somebody may come.
    fn check_open(&self) -> Result<(), Refusal> {
        if self.closed() {
            return Err(Refusal::EstablishmentClosed);
        }
        if self.eligible() {
            Ok(())
        } else {
            Err(Refusal::EstablishmentNotEligible)
        }
    }

    /// The school year that newcomers come for. Whoever is there already goes on working where
    /// nobody may come any more.
    pub fn year_for_newcomers(&self) -> Result<SchoolYear, Refusal> {
        self.check_open()?;
        self.school_year.ok_or(Refusal::EstablishmentNotRegistered)
    }

    /// Whether a head has signed it up.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.head.is_some()
    }

    fn leaves(&mut self, staff: PersonId) {
        if self.staff.remove(&staff).is_some() {
            self.former_staff.insert(staff);
        }
    }

    fn evolve(&mut self, event: EstablishmentEvent) {
        match event {
            EstablishmentEvent::EstablishmentListed { listing }
            | EstablishmentEvent::EstablishmentRelisted { listing } => {
                self.listing = Some(listing);
            }
            EstablishmentEvent::EligibilityDecided { eligible, reason } => {
                self.decision = Some(EligibilityDecision { eligible, reason });
            }
            EstablishmentEvent::EstablishmentRegistered { head, school_year } => {
                self.head = Some(head);
                self.school_year = Some(school_year);
            }
            EstablishmentEvent::HeadReplaced { head, previous } => {
                self.head = Some(head);
                self.leaves(previous);
                self.staff.insert(head, StaffRole::Head);
            }
            EstablishmentEvent::StaffInvited {
                invitation,
                role,
                class,
            } => {
                self.invitations
                    .insert(invitation, PendingInvitation { role, class });
            }
            EstablishmentEvent::InvitationRevoked { invitation } => {
                self.invitations.remove(&invitation);
            }
            EstablishmentEvent::StaffJoined {
                staff,
                role,
                invitation,
            } => {
                self.staff.insert(staff, role);
                self.former_staff.remove(&staff);
                self.erased_staff.remove(&staff);
                if let Some(invitation) = invitation {
                    self.invitations.remove(&invitation);
                }
            }
            EstablishmentEvent::StaffLeft { staff } => self.leaves(staff),
            EstablishmentEvent::StaffErased { staff } => {
                self.former_staff.remove(&staff);
                self.erased_staff.insert(staff);
            }
            EstablishmentEvent::SchoolYearOpened { school_year } => {
                self.school_year = Some(school_year);
                self.invitations.clear();
            }
        }
    }
}

aggregate!(
    Establishment,
    "establishment",
    EstablishmentCommand,
    EstablishmentEvent
);
