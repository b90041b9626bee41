//! An establishment of the directory: whether it may take part, its head, its staff, its year.

mod commands;
mod errors;
mod events;
mod listing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

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
            EstablishmentCommand::Register { head, school_year } => {
                self.register(head, school_year)
            }
            EstablishmentCommand::AddStaff {
                staff,
                role,
                invitation,
            } => self.add_staff(staff, role, invitation),
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
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if self.listing.is_none() {
            return Err(EstablishmentError::NotListed);
        }
        match self.head {
            Some(present) if present == head => return Ok(Vec::new()),
            Some(_) => return Err(EstablishmentError::HeadAlreadyRegistered),
            None => {}
        }
        if !self.eligible() {
            return Err(EstablishmentError::NotEligible);
        }
        Ok(vec![
            EstablishmentEvent::EstablishmentRegistered { head, school_year },
            EstablishmentEvent::StaffJoined {
                staff: head,
                role: StaffRole::Head,
                invitation: None,
            },
        ])
    }

    fn add_staff(
        &self,
        staff: PersonId,
        role: StaffRole,
        invitation: Option<InvitationId>,
    ) -> Result<Vec<EstablishmentEvent>, EstablishmentError> {
        if !self.registered() {
            return Err(EstablishmentError::NotRegistered);
        }
        if self.staff.contains_key(&staff) {
            return Ok(Vec::new());
        }
        if role == StaffRole::Head {
            return Err(EstablishmentError::HeadAlreadyRegistered);
        }
        Ok(vec![EstablishmentEvent::StaffJoined {
            staff,
            role,
            invitation,
        }])
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
                self.staff.remove(&previous);
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
                if let Some(invitation) = invitation {
                    self.invitations.remove(&invitation);
                }
            }
            EstablishmentEvent::StaffLeft { staff } => {
                self.staff.remove(&staff);
            }
            EstablishmentEvent::SchoolYearOpened { school_year } => {
                self.school_year = Some(school_year);
                self.invitations.clear();
            }
        }
    }
}
