use serde::{Deserialize, Serialize};

use super::Listing;
use crate::aggregate::event_kinds;
use crate::ids::{ClassId, InvitationId, PersonId};
use crate::values::{SchoolYear, StaffRole};

/// What happened to an establishment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EstablishmentEvent {
    /// The directory named it for the first time.
    EstablishmentListed { listing: Listing },
    /// The directory says something else of it.
    EstablishmentRelisted {
        /// What the directory says of it now, whole.
        listing: Listing,
    },
    /// An administrator admitted it by derogation, or excluded it.
    EligibilityDecided { eligible: bool, reason: String },
    /// Its head signed it up.
    EstablishmentRegistered {
        head: PersonId,
        school_year: SchoolYear,
    },
    /// Another head took over, by an administrator's decision.
    HeadReplaced { head: PersonId, previous: PersonId },
    /// The head invited somebody to join the staff.
    StaffInvited {
        /// The invitation; whom it went to stands with the personal data.
        invitation: InvitationId,
        role: StaffRole,
        /// The class a main teacher is meant for, if said.
        class: Option<ClassId>,
    },
    /// An invitation that nobody had followed was taken back.
    InvitationRevoked { invitation: InvitationId },
    /// Somebody became a member of the staff.
    StaffJoined {
        staff: PersonId,
        role: StaffRole,
        invitation: Option<InvitationId>,
    },
    /// Somebody is no longer a member of the staff.
    StaffLeft { staff: PersonId },
    /// The personal data of somebody who had left its staff were erased.
    StaffErased { staff: PersonId },
    /// The yearly reset brought it to a new school year.
    SchoolYearOpened { school_year: SchoolYear },
}

event_kinds!(EstablishmentEvent {
    EstablishmentListed "1.0",
    EstablishmentRelisted "1.0",
    EligibilityDecided "1.0",
    EstablishmentRegistered "1.0",
    HeadReplaced "1.0",
    StaffInvited "1.0",
    InvitationRevoked "1.0",
    StaffJoined "1.0",
    StaffLeft "1.0",
    StaffErased "1.0",
    SchoolYearOpened "1.0",
});

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use uuid::Uuid;

    use super::*;
    use crate::event::tests::assert_complete;
    use crate::values::{EmailAddress, PostalCode, Priority};

    fn bare_listing() -> Listing {
        Listing {
            name: "COLLEGE DES TILLEULS".to_owned(),
            city: "VILLENEUVE".to_owned(),
            postal_code: None,
            department: None,
            academy: None,
            priority: None,
            mailbox: None,
            closed: false,
        }
    }

    fn full_listing() -> Listing {
        Listing {
            postal_code: Some(PostalCode::parse("75001").unwrap()),
            department: Some("PARIS".to_owned()),
            academy: Some("DEMO".to_owned()),
            priority: Some(Priority::RepPlus),
            mailbox: Some(EmailAddress::parse("ce.0750001u@ac-demo.test").unwrap()),
            closed: true,
            ..bare_listing()
        }
    }

    fn samples() -> Vec<EstablishmentEvent> {
        let person = |id| PersonId::new(Uuid::from_u128(id));
        let invitation = InvitationId::new(Uuid::from_u128(0x11));
        let class = ClassId::new(Uuid::from_u128(0xc1));
        let school_year = SchoolYear::starting(2026).unwrap();
        vec![
            EstablishmentEvent::EstablishmentListed {
                listing: bare_listing(),
            },
            EstablishmentEvent::EstablishmentRelisted {
                listing: full_listing(),
            },
            EstablishmentEvent::EligibilityDecided {
                eligible: true,
                reason: "Convention avec l'académie".to_owned(),
            },
            EstablishmentEvent::EstablishmentRegistered {
                head: person(1),
                school_year,
            },
            EstablishmentEvent::HeadReplaced {
                head: person(2),
                previous: person(1),
            },
            EstablishmentEvent::StaffInvited {
                invitation,
                role: StaffRole::MainTeacher,
                class: Some(class),
            },
            EstablishmentEvent::InvitationRevoked { invitation },
            EstablishmentEvent::StaffJoined {
                staff: person(3),
                role: StaffRole::Counsellor,
                invitation: None,
            },
            EstablishmentEvent::StaffLeft { staff: person(3) },
            EstablishmentEvent::StaffErased { staff: person(3) },
            EstablishmentEvent::SchoolYearOpened { school_year },
        ]
    }

    /// What is in the log stays there: a payload that reads otherwise than the one pinned here
    /// is another version of the event and needs an upcaster, never a new snapshot alone.
    #[test]
    fn the_json_of_every_event_is_pinned() {
        let samples = samples();
        assert_complete(EstablishmentEvent::KINDS, &samples);
        for event in samples {
            let json = serde_json::to_string(&event).unwrap();
            match event {
                EstablishmentEvent::EstablishmentListed { .. } => assert_snapshot!(
                    json,
                    @r#"{"EstablishmentListed":{"listing":{"name":"COLLEGE DES TILLEULS","city":"VILLENEUVE","postal_code":null,"department":null,"academy":null,"priority":null,"mailbox":null,"closed":false}}}"#
                ),
                EstablishmentEvent::EstablishmentRelisted { .. } => assert_snapshot!(
                    json,
                    @r#"{"EstablishmentRelisted":{"listing":{"name":"COLLEGE DES TILLEULS","city":"VILLENEUVE","postal_code":"75001","department":"PARIS","academy":"DEMO","priority":"REP+","mailbox":"ce.0750001u@ac-demo.test","closed":true}}}"#
                ),
                EstablishmentEvent::EligibilityDecided { .. } => assert_snapshot!(
                    json,
                    @r#"{"EligibilityDecided":{"eligible":true,"reason":"Convention avec l'académie"}}"#
                ),
                EstablishmentEvent::EstablishmentRegistered { .. } => assert_snapshot!(
                    json,
                    @r#"{"EstablishmentRegistered":{"head":"00000000-0000-0000-0000-000000000001","school_year":2026}}"#
                ),
                EstablishmentEvent::HeadReplaced { .. } => assert_snapshot!(
                    json,
                    @r#"{"HeadReplaced":{"head":"00000000-0000-0000-0000-000000000002","previous":"00000000-0000-0000-0000-000000000001"}}"#
                ),
                EstablishmentEvent::StaffInvited { .. } => assert_snapshot!(
                    json,
                    @r#"{"StaffInvited":{"invitation":"00000000-0000-0000-0000-000000000011","role":"main_teacher","class":"00000000-0000-0000-0000-0000000000c1"}}"#
                ),
                EstablishmentEvent::InvitationRevoked { .. } => assert_snapshot!(
                    json,
                    @r#"{"InvitationRevoked":{"invitation":"00000000-0000-0000-0000-000000000011"}}"#
                ),
                EstablishmentEvent::StaffJoined { .. } => assert_snapshot!(
                    json,
                    @r#"{"StaffJoined":{"staff":"00000000-0000-0000-0000-000000000003","role":"counsellor","invitation":null}}"#
                ),
                EstablishmentEvent::StaffLeft { .. } => assert_snapshot!(
                    json,
                    @r#"{"StaffLeft":{"staff":"00000000-0000-0000-0000-000000000003"}}"#
                ),
                EstablishmentEvent::StaffErased { .. } => assert_snapshot!(
                    json,
                    @r#"{"StaffErased":{"staff":"00000000-0000-0000-0000-000000000003"}}"#
                ),
                EstablishmentEvent::SchoolYearOpened { .. } => assert_snapshot!(
                    json,
                    @r#"{"SchoolYearOpened":{"school_year":2026}}"#
                ),
            }
        }
    }
}
