//! An establishment of the directory: whether it may take part, its head, its staff, its year.

mod commands;
mod errors;
mod events;
mod listing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use commands::{EstablishmentCommand, ListingUpdate};
pub use errors::EstablishmentError;
pub use events::EstablishmentEvent;
pub use listing::Listing;

use crate::ids::{ClassId, InvitationId, PersonId};
use crate::values::{SchoolYear, StaffRole};

/// The most characters an administrator's reason may have.
pub const LONGEST_REASON: usize = 500;

/// An administrator's decision on who may take part, which goes before the directory's mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityDecision {
    /// Admitted or excluded.
    pub eligible: bool,
    /// Why.
    pub reason: String,
}

/// An invitation that nobody has followed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingInvitation {
    /// As what somebody is invited.
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said.
    pub class: Option<ClassId>,
}

/// An establishment as its events left it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Establishment {
    /// What the directory says of it; none when the directory does not know it.
    pub listing: Option<Listing>,
    /// What an administrator decided, if anything.
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
    /// The invitations that nobody has followed yet.
    pub invitations: BTreeMap<InvitationId, PendingInvitation>,
}

impl Establishment {
    /// Whether it may take part: as an administrator decided, else when the directory marks it
    /// as priority education (manual, "Comment inscrire l'établissement").
    #[must_use]
    pub fn eligible(&self) -> bool {
        match &self.decision {
            Some(decision) => decision.eligible,
            None => self
                .listing
                .as_ref()
                .is_some_and(|listing| listing.priority.is_some()),
        }
    }

    /// The school year that newcomers come for. Whoever is there already goes on working where
    /// nobody may come any more.
    ///
    /// # Errors
    /// [`EstablishmentError::NotEligible`] or [`EstablishmentError::NotRegistered`].
    pub fn year_for_newcomers(&self) -> Result<SchoolYear, EstablishmentError> {
        if !self.eligible() {
            return Err(EstablishmentError::NotEligible);
        }
        self.school_year.ok_or(EstablishmentError::NotRegistered)
    }

    /// Whether a head has signed it up.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.head.is_some()
    }

    /// The events that a command causes; none when all is already as it asks.
    ///
    /// # Errors
    /// When the establishment refuses the command; see [`EstablishmentError`].
    pub fn decide(
        &self,
        command: EstablishmentCommand,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        match command {
            EstablishmentCommand::List(update) => Ok(self.list(update)),
            EstablishmentCommand::DecideEligibility { eligible, reason } => {
                self.decide_eligibility(eligible, one_line(&reason))
            }
            EstablishmentCommand::Register {
                head,
                school_year,
                invitation,
            } => self.register(head, school_year, invitation),
            EstablishmentCommand::ReplaceHead { head } => self.replace_head(head),
            EstablishmentCommand::Invite {
                invitation,
                role,
                class,
            } => self.invite(invitation, PendingInvitation { role, class }),
            EstablishmentCommand::RevokeInvitation { invitation } => {
                if !self.invitations.contains_key(&invitation) {
                    return Err(EstablishmentError::InvitationNotFound);
                }
                Ok(vec![EstablishmentEvent::InvitationRevoked { invitation }])
            }
            EstablishmentCommand::AddStaff {
                staff,
                role,
                invitation,
            } => self.add_staff(staff, role, invitation),
            EstablishmentCommand::RemoveStaff { staff } => self.remove_staff(staff),
            EstablishmentCommand::EraseStaff { staff } => self.erase_staff(staff),
            EstablishmentCommand::OpenSchoolYear { school_year } => {
                self.open_school_year(school_year)
            }
        }
    }

    fn list(&self, update: ListingUpdate) -> Vec<EstablishmentEvent> {
        let listing = Listing::updated(self.listing.as_ref(), update);
        match &self.listing {
            None => vec![EstablishmentEvent::EstablishmentListed { listing }],
            Some(known) if *known != listing => {
                vec![EstablishmentEvent::EstablishmentRelisted { listing }]
            }
            Some(_) => Vec::new(),
        }
    }

    fn decide_eligibility(
        &self,
        eligible: bool,
        reason: String,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if self.listing.is_none() {
            return Err(EstablishmentError::NotListed);
        }
        match reason.chars().count() {
            0 => return Err(EstablishmentError::ReasonMissing),
            length if length > LONGEST_REASON => {
                return Err(EstablishmentError::ReasonTooLong { length });
            }
            _ => {}
        }
        let same = self
            .decision
            .as_ref()
            .is_some_and(|decision| decision.eligible == eligible && decision.reason == reason);
        if same {
            return Ok(Vec::new());
        }
        Ok(vec![EstablishmentEvent::EligibilityDecided {
            eligible,
            reason,
        }])
    }

    fn register(
        &self,
        head: PersonId,
        school_year: SchoolYear,
        invitation: Option<InvitationId>,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if self.listing.is_none() {
            return Err(EstablishmentError::NotListed);
        }
        self.check_invitation(invitation, StaffRole::Head)?;
        let joined = EstablishmentEvent::StaffJoined {
            staff: head,
            role: StaffRole::Head,
            invitation,
        };
        match self.head {
            Some(present) if present == head => Ok(if invitation.is_some() {
                vec![joined]
            } else {
                Vec::new()
            }),
            Some(previous) if invitation.is_some() => Ok(vec![
                EstablishmentEvent::HeadReplaced { head, previous },
                joined,
            ]),
            Some(_) => Err(EstablishmentError::HeadAlreadyRegistered),
            None if self.eligible() => Ok(vec![
                EstablishmentEvent::EstablishmentRegistered { head, school_year },
                joined,
            ]),
            None => Err(EstablishmentError::NotEligible),
        }
    }

    fn replace_head(&self, head: PersonId) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if !self.staff.contains_key(&head) {
            return Err(EstablishmentError::StaffNotFound);
        }
        Ok(match self.head {
            Some(previous) if previous != head => {
                vec![EstablishmentEvent::HeadReplaced { head, previous }]
            }
            _ => Vec::new(),
        })
    }

    fn invite(
        &self,
        invitation: InvitationId,
        asked: PendingInvitation,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        let head = asked.role == StaffRole::Head;
        if !head && !self.registered() {
            return Err(EstablishmentError::NotRegistered);
        }
        if self.listing.is_none() {
            return Err(EstablishmentError::NotListed);
        }
        // Those who are there go on working, and need a head.
        let succeeds = head && self.registered();
        if !self.eligible() && !succeeds {
            return Err(EstablishmentError::NotEligible);
        }
        match self.invitations.get(&invitation) {
            Some(pending) if *pending == asked => Ok(Vec::new()),
            Some(_) => Err(EstablishmentError::InvitationExists),
            None => Ok(vec![EstablishmentEvent::StaffInvited {
                invitation,
                role: asked.role,
                class: asked.class,
            }]),
        }
    }

    /// No invitation is fine; one that is followed must be pending, and to this role.
    fn check_invitation(
        &self,
        invitation: Option<InvitationId>,
        role: StaffRole,
    ) -> Result<(), EstablishmentError> {
        let Some(invitation) = invitation else {
            return Ok(());
        };
        match self.invitations.get(&invitation) {
            Some(pending) if pending.role == role => Ok(()),
            _ => Err(EstablishmentError::InvitationNotFound),
        }
    }

    fn add_staff(
        &self,
        staff: PersonId,
        role: StaffRole,
        invitation: Option<InvitationId>,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if !self.staff.contains_key(&staff) {
            self.year_for_newcomers()?;
            if role == StaffRole::Head {
                return Err(EstablishmentError::HeadAlreadyRegistered);
            }
        }
        self.check_invitation(invitation, role)?;
        let role = match self.staff.get(&staff) {
            Some(_) if invitation.is_none() => return Ok(Vec::new()),
            // Whoever is there already stays what they are; the invitation is used up all the same.
            Some(present) => *present,
            None => role,
        };
        Ok(vec![EstablishmentEvent::StaffJoined {
            staff,
            role,
            invitation,
        }])
    }

    fn remove_staff(&self, staff: PersonId) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if !self.staff.contains_key(&staff) {
            return Err(EstablishmentError::StaffNotFound);
        }
        if self.head == Some(staff) {
            return Err(EstablishmentError::HeadStays);
        }
        Ok(vec![EstablishmentEvent::StaffLeft { staff }])
    }

    fn erase_staff(&self, staff: PersonId) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if self.staff.contains_key(&staff) {
            return Err(EstablishmentError::StillOnStaff);
        }
        if self.erased_staff.contains(&staff) {
            return Ok(Vec::new());
        }
        if !self.former_staff.contains(&staff) {
            return Err(EstablishmentError::StaffNotFound);
        }
        Ok(vec![EstablishmentEvent::StaffErased { staff }])
    }

    fn open_school_year(
        &self,
        school_year: SchoolYear,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        let present = self.school_year.ok_or(EstablishmentError::NotRegistered)?;
        if present >= school_year {
            return Ok(Vec::new());
        }
        Ok(vec![EstablishmentEvent::SchoolYearOpened { school_year }])
    }

    fn leaves(&mut self, staff: PersonId) {
        if self.staff.remove(&staff).is_some() {
            self.former_staff.insert(staff);
        }
    }
}

/// A text on one line. Control characters go with the white space: a database may refuse to look into
/// JSON that holds some.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

impl Aggregate for Establishment {
    const TYPE: &'static str = "establishment";
    type Command = EstablishmentCommand;
    type Event = EstablishmentEvent;
    type Error = EstablishmentError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        _services: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
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
