//! What is asked of an establishment, and what becomes of it.

use super::{
    Establishment, EstablishmentCommand, EstablishmentEvent, LONGEST_REASON, Listing,
    ListingUpdate, PendingInvitation,
};
use crate::fold::one_line;
use crate::ids::{InvitationId, PersonId};
use crate::refusal::{Decided, Refusal};
use crate::values::{SchoolYear, StaffRole};

impl Establishment {
    /// What a command causes.
    pub fn decide(&self, command: EstablishmentCommand) -> Decided<EstablishmentEvent> {
        match command {
            EstablishmentCommand::List(update) => Ok(self.list(update)),
            EstablishmentCommand::Close => Ok(self.close()),
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
                    return Err(Refusal::InvitationNotFound);
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

    fn close(&self) -> Vec<EstablishmentEvent> {
        match &self.listing {
            Some(known) if !known.closed => {
                let listing = Listing {
                    closed: true,
                    ..known.clone()
                };
                vec![EstablishmentEvent::EstablishmentRelisted { listing }]
            }
            _ => Vec::new(),
        }
    }

    fn decide_eligibility(&self, eligible: bool, reason: String) -> Decided<EstablishmentEvent> {
        if self.listing.is_none() {
            return Err(Refusal::EstablishmentNotFound);
        }
        if eligible && self.closed() {
            return Err(Refusal::EstablishmentClosed);
        }
        match reason.chars().count() {
            0 => return Err(Refusal::ReasonMissing),
            length if length > LONGEST_REASON => return Err(Refusal::ReasonTooLong),
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
    ) -> Decided<EstablishmentEvent> {
        if self.listing.is_none() {
            return Err(Refusal::EstablishmentNotFound);
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
            Some(_) => Err(Refusal::HeadAlreadyRegistered),
            None => {
                self.check_open()?;
                Ok(vec![
                    EstablishmentEvent::EstablishmentRegistered { head, school_year },
                    joined,
                ])
            }
        }
    }

    fn replace_head(&self, head: PersonId) -> Decided<EstablishmentEvent> {
        if !self.staff.contains_key(&head) {
            return Err(Refusal::StaffNotFound);
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
    ) -> Decided<EstablishmentEvent> {
        let head = asked.role == StaffRole::Head;
        if !head && !self.registered() {
            return Err(Refusal::EstablishmentNotRegistered);
        }
        if self.listing.is_none() {
            return Err(Refusal::EstablishmentNotFound);
        }
        // Those who are there go on working, and need a head.
        let succeeds = head && self.registered();
        if !succeeds {
            self.check_open()?;
        }
        match self.invitations.get(&invitation) {
            Some(pending) if *pending == asked => Ok(Vec::new()),
            Some(_) => Err(Refusal::AlreadyInvited),
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
    ) -> Result<(), Refusal> {
        let Some(invitation) = invitation else {
            return Ok(());
        };
        match self.invitations.get(&invitation) {
            Some(pending) if pending.role == role => Ok(()),
            _ => Err(Refusal::InvitationNotFound),
        }
    }

    fn add_staff(
        &self,
        staff: PersonId,
        role: StaffRole,
        invitation: Option<InvitationId>,
    ) -> Decided<EstablishmentEvent> {
        if !self.staff.contains_key(&staff) {
            self.year_for_newcomers()?;
            if role == StaffRole::Head {
                return Err(Refusal::HeadAlreadyRegistered);
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

    fn remove_staff(&self, staff: PersonId) -> Decided<EstablishmentEvent> {
        if !self.staff.contains_key(&staff) {
            return Err(Refusal::StaffNotFound);
        }
        if self.head == Some(staff) {
            return Err(Refusal::HeadStays);
        }
        Ok(vec![EstablishmentEvent::StaffLeft { staff }])
    }

    fn erase_staff(&self, staff: PersonId) -> Decided<EstablishmentEvent> {
        if self.staff.contains_key(&staff) {
            return Err(Refusal::StillOnStaff);
        }
        if self.erased_staff.contains(&staff) {
            return Ok(Vec::new());
        }
        if !self.former_staff.contains(&staff) {
            return Err(Refusal::StaffNotFound);
        }
        Ok(vec![EstablishmentEvent::StaffErased { staff }])
    }

    fn open_school_year(&self, school_year: SchoolYear) -> Decided<EstablishmentEvent> {
        let present = self
            .school_year
            .ok_or(Refusal::EstablishmentNotRegistered)?;
        if present >= school_year {
            return Ok(Vec::new());
        }
        Ok(vec![EstablishmentEvent::SchoolYearOpened { school_year }])
    }
}
