//! Given what happened to an establishment, when something is asked of it, then this happens.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::values::{EmailAddress, PostalCode, Priority};

fn given(events: Vec<EstablishmentEvent>) -> AggregateTestExecutor<Establishment> {
    TestFramework::with(()).given(events)
}

fn after(events: Vec<EstablishmentEvent>) -> Establishment {
    let mut establishment = Establishment::default();
    for event in events {
        establishment.apply(event);
    }
    establishment
}

fn person(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

fn year(year: i32) -> SchoolYear {
    SchoolYear::starting(year).unwrap()
}

fn listing(priority: Option<Priority>) -> Listing {
    Listing {
        name: "COLLEGE DES TILLEULS".to_owned(),
        city: "VILLENEUVE".to_owned(),
        postal_code: Some(PostalCode::parse("75001").unwrap()),
        department: None,
        academy: Some("DEMO".to_owned()),
        priority,
        mailbox: Some(EmailAddress::parse("ce.0750001u@ac-demo.test").unwrap()),
    }
}

fn listed(priority: Option<Priority>) -> EstablishmentEvent {
    EstablishmentEvent::EstablishmentListed {
        listing: listing(priority),
    }
}

/// A row of a file that has no column but the name and the town.
fn bare_row() -> ListingUpdate {
    ListingUpdate {
        name: "COLLEGE DES TILLEULS".to_owned(),
        city: "VILLENEUVE".to_owned(),
        postal_code: None,
        department: None,
        academy: None,
        mailbox: None,
        priority: None,
    }
}

fn full_row(priority: Option<Priority>) -> ListingUpdate {
    let listing = listing(priority);
    ListingUpdate {
        postal_code: listing.postal_code,
        academy: listing.academy,
        mailbox: listing.mailbox,
        priority: Some(priority),
        ..bare_row()
    }
}

fn decided(eligible: bool) -> EstablishmentEvent {
    EstablishmentEvent::EligibilityDecided {
        eligible,
        reason: "Convention".to_owned(),
    }
}

fn decide(eligible: bool, reason: &str) -> EstablishmentCommand {
    EstablishmentCommand::DecideEligibility {
        eligible,
        reason: reason.to_owned(),
    }
}

fn register(head: u128) -> EstablishmentCommand {
    EstablishmentCommand::Register {
        head: person(head),
        school_year: year(2026),
        invitation: None,
    }
}

fn register_by(invitation: u128, head: u128) -> EstablishmentCommand {
    EstablishmentCommand::Register {
        head: person(head),
        school_year: year(2026),
        invitation: Some(invitation_id(invitation)),
    }
}

fn invitation_id(id: u128) -> InvitationId {
    InvitationId::new(Uuid::from_u128(id))
}

fn invite(invitation: u128, role: StaffRole) -> EstablishmentCommand {
    EstablishmentCommand::Invite {
        invitation: invitation_id(invitation),
        role,
        class: None,
    }
}

fn invited(invitation: u128, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffInvited {
        invitation: invitation_id(invitation),
        role,
        class: None,
    }
}

fn revoke(invitation: u128) -> EstablishmentCommand {
    EstablishmentCommand::RevokeInvitation {
        invitation: invitation_id(invitation),
    }
}

fn revoked(invitation: u128) -> EstablishmentEvent {
    EstablishmentEvent::InvitationRevoked {
        invitation: invitation_id(invitation),
    }
}

fn joined_by(invitation: u128, staff: u128, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffJoined {
        staff: person(staff),
        role,
        invitation: Some(invitation_id(invitation)),
    }
}

fn replaced(head: u128, previous: u128) -> EstablishmentEvent {
    EstablishmentEvent::HeadReplaced {
        head: person(head),
        previous: person(previous),
    }
}

fn joined(staff: u128, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffJoined {
        staff: person(staff),
        role,
        invitation: None,
    }
}

fn registered(head: u128) -> Vec<EstablishmentEvent> {
    vec![
        EstablishmentEvent::EstablishmentRegistered {
            head: person(head),
            school_year: year(2026),
        },
        joined(head, StaffRole::Head),
    ]
}

fn add(staff: u128, role: StaffRole) -> EstablishmentCommand {
    EstablishmentCommand::AddStaff {
        staff: person(staff),
        role,
        invitation: None,
    }
}

fn add_by(invitation: u128, staff: u128, role: StaffRole) -> EstablishmentCommand {
    EstablishmentCommand::AddStaff {
        staff: person(staff),
        role,
        invitation: Some(invitation_id(invitation)),
    }
}

fn remove(staff: u128) -> EstablishmentCommand {
    EstablishmentCommand::RemoveStaff {
        staff: person(staff),
    }
}

fn replace_head(head: u128) -> EstablishmentCommand {
    EstablishmentCommand::ReplaceHead { head: person(head) }
}

fn open() -> Vec<EstablishmentEvent> {
    [vec![listed(Some(Priority::Rep))], registered(1)].concat()
}

/// The directory is loaded again and again, thousands of rows each time. Only what really changed
/// may enter the history, or nobody would find the change in it.
#[test]
fn the_directory_leaves_a_trace_only_when_it_says_something_new() {
    let list = |row| EstablishmentCommand::List(row);
    given(vec![])
        .when(list(full_row(None)))
        .then_expect_events(vec![listed(None)]);
    given(vec![listed(None)])
        .when(list(full_row(None)))
        .then_expect_events(vec![]);
    given(vec![listed(None)])
        .when(list(full_row(Some(Priority::RepPlus))))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: listing(Some(Priority::RepPlus)),
        }]);
}

/// Two public lists name the same schools with different columns. Loading one after the other
/// completes what is known; it must not wipe out, say, the mailbox that only the first one gives.
#[test]
fn what_a_file_does_not_say_stays_as_it_was() {
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::List(bare_row()))
        .then_expect_events(vec![]);
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::List(ListingUpdate {
            department: Some("PARIS".to_owned()),
            ..bare_row()
        }))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: Listing {
                department: Some("PARIS".to_owned()),
                ..listing(Some(Priority::Rep))
            },
        }]);
}

/// A school that leaves priority education has an empty cell where the mark was. Since that mark
/// decides who may take part, an empty cell there is news, unlike in any other column.
#[test]
fn an_empty_priority_takes_the_mark_away() {
    given(vec![listed(Some(Priority::Rep))])
        .when(EstablishmentCommand::List(full_row(None)))
        .then_expect_events(vec![EstablishmentEvent::EstablishmentRelisted {
            listing: listing(None),
        }]);
}

/// Admission by derogation and exclusion are an administrator's doing, for a reason that others
/// can read years later; the same decision twice is one decision.
#[test]
fn a_decision_is_recorded_with_its_reason() {
    given(vec![listed(None)])
        .when(decide(true, "\0 Convention\n"))
        .then_expect_events(vec![decided(true)]);
    given(vec![listed(None), decided(true)])
        .when(decide(true, "Convention"))
        .then_expect_events(vec![]);
    given(vec![listed(None), decided(true)])
        .when(decide(false, "Convention"))
        .then_expect_events(vec![decided(false)]);
}

/// A decision that nobody can explain later is worth nothing, and one on a school that nobody
/// knows is a slip of the keyboard.
#[test]
fn a_decision_without_a_fair_reason_is_refused() {
    let known = || given(vec![listed(None)]);
    known()
        .when(decide(true, " \n"))
        .then_expect_error(EstablishmentError::ReasonMissing);
    known()
        .when(decide(true, &"é".repeat(501)))
        .then_expect_error(EstablishmentError::ReasonTooLong { length: 501 });
    assert!(
        known()
            .when(decide(true, &"é".repeat(500)))
            .inspect_result()
            .is_ok()
    );
    given(vec![])
        .when(decide(true, "Convention"))
        .then_expect_error(EstablishmentError::NotListed);
}

/// The service is for priority education; an administrator's word goes before the directory's,
/// both ways, and the directory loaded afterwards does not undo it.
#[test]
fn a_decision_goes_before_the_directory() {
    for (history, eligible) in [
        (vec![], false),
        (vec![listed(None)], false),
        (vec![listed(Some(Priority::Rep))], true),
        (vec![listed(Some(Priority::RepPlus))], true),
        (vec![listed(None), decided(true)], true),
        (vec![listed(Some(Priority::Rep)), decided(false)], false),
        (vec![decided(false), listed(Some(Priority::Rep))], false),
    ] {
        let establishment = after(history);
        assert_eq!(establishment.eligible(), eligible, "{establishment:?}");
    }
}

/// The head comes first (manual, "Comment inscrire l'établissement"): registration opens the
/// school to its staff and makes the head one of them, in one piece, and once.
#[test]
fn a_head_registers_an_eligible_establishment() {
    given(vec![listed(Some(Priority::Rep))])
        .when(register(1))
        .then_expect_events(registered(1));
    given(open()).when(register(1)).then_expect_events(vec![]);
}

/// There is one head. A second person who claims to be it, and a school that may not take part or
/// that nobody knows, are told so each in their own way.
#[test]
fn registration_is_refused_for_a_reason() {
    given(open())
        .when(register(2))
        .then_expect_error(EstablishmentError::HeadAlreadyRegistered);
    given(vec![listed(None)])
        .when(register(1))
        .then_expect_error(EstablishmentError::NotEligible);
    given(vec![])
        .when(register(1))
        .then_expect_error(EstablishmentError::NotListed);
}

/// "L'inscription, c'est chacun son tour !": staff join a school that its head has registered,
/// each once, and nobody becomes head by this door.
#[test]
fn staff_join_after_the_head() {
    given(open())
        .when(add(2, StaffRole::MainTeacher))
        .then_expect_events(vec![joined(2, StaffRole::MainTeacher)]);
    given([open(), vec![joined(2, StaffRole::MainTeacher)]].concat())
        .when(add(2, StaffRole::MainTeacher))
        .then_expect_events(vec![]);
    given(vec![listed(Some(Priority::Rep))])
        .when(add(2, StaffRole::Teacher))
        .then_expect_error(EstablishmentError::NotRegistered);
    given(open())
        .when(add(2, StaffRole::Head))
        .then_expect_error(EstablishmentError::HeadAlreadyRegistered);
}

/// The head invites colleagues once the school is registered; the button pressed twice makes one
/// invitation, and never another one under the same id, which a mail already names.
#[test]
fn a_registered_establishment_invites_its_staff() {
    given(open())
        .when(invite(9, StaffRole::Teacher))
        .then_expect_events(vec![invited(9, StaffRole::Teacher)]);
    let waiting = || [open(), vec![invited(9, StaffRole::Teacher)]].concat();
    given(waiting())
        .when(invite(9, StaffRole::Teacher))
        .then_expect_events(vec![]);
    given(waiting())
        .when(invite(9, StaffRole::Counsellor))
        .then_expect_error(EstablishmentError::InvitationExists);
    given(vec![listed(Some(Priority::Rep))])
        .when(invite(9, StaffRole::Teacher))
        .then_expect_error(EstablishmentError::NotRegistered);
}

/// An administrator may invite the head of a school that is not registered yet, provided that it may
/// take part; and the next head of one that is, even if it would no longer be admitted today.
#[test]
fn a_head_is_invited_where_one_may_be() {
    given(vec![listed(Some(Priority::Rep))])
        .when(invite(9, StaffRole::Head))
        .then_expect_events(vec![invited(9, StaffRole::Head)]);
    given([open(), vec![decided(false)]].concat())
        .when(invite(9, StaffRole::Head))
        .then_expect_events(vec![invited(9, StaffRole::Head)]);
    given(vec![listed(None)])
        .when(invite(9, StaffRole::Head))
        .then_expect_error(EstablishmentError::NotEligible);
    given(vec![])
        .when(invite(9, StaffRole::Head))
        .then_expect_error(EstablishmentError::NotListed);
}

/// An invitation sent to the wrong address is taken back, once; one that was followed already is
/// not, since the person is in.
#[test]
fn a_pending_invitation_is_revoked() {
    let waiting = || [open(), vec![invited(9, StaffRole::Teacher)]].concat();
    given(waiting())
        .when(revoke(9))
        .then_expect_events(vec![revoked(9)]);
    for end in [revoked(9), joined_by(9, 2, StaffRole::Teacher)] {
        given([waiting(), vec![end]].concat())
            .when(revoke(9))
            .then_expect_error(EstablishmentError::InvitationNotFound);
    }
}

/// An invitation lets one person in, as what it says: a used or revoked one, or one to a lesser role,
/// must open nothing.
#[test]
fn an_invitation_is_followed_once_and_as_it_says() {
    let waiting = || [open(), vec![invited(9, StaffRole::Teacher)]].concat();
    given(waiting())
        .when(add_by(9, 2, StaffRole::Teacher))
        .then_expect_events(vec![joined_by(9, 2, StaffRole::Teacher)]);
    given(waiting())
        .when(add_by(9, 2, StaffRole::MainTeacher))
        .then_expect_error(EstablishmentError::InvitationNotFound);
    for end in [revoked(9), joined_by(9, 3, StaffRole::Teacher)] {
        given([waiting(), vec![end]].concat())
            .when(add_by(9, 2, StaffRole::Teacher))
            .then_expect_error(EstablishmentError::InvitationNotFound);
    }
}

/// Somebody who joined by themselves may still find the invitation in their mail. It changes neither
/// their role nor, above all, that of the head; but it is used up like any other.
#[test]
fn an_invitation_leaves_a_member_as_they_are() {
    let waiting = || {
        [
            open(),
            vec![
                joined(2, StaffRole::Counsellor),
                invited(9, StaffRole::Teacher),
            ],
        ]
        .concat()
    };
    given(waiting())
        .when(add_by(9, 2, StaffRole::Teacher))
        .then_expect_events(vec![joined_by(9, 2, StaffRole::Counsellor)]);
    given(waiting())
        .when(add_by(9, 1, StaffRole::Teacher))
        .then_expect_events(vec![joined_by(9, 1, StaffRole::Head)]);
}

/// The invited head signs the school up, or takes it over from the head it has: the history names
/// both, and the invitation works once.
#[test]
fn an_invited_head_registers_or_takes_over() {
    given(vec![
        listed(Some(Priority::Rep)),
        invited(9, StaffRole::Head),
    ])
    .when(register_by(9, 1))
    .then_expect_events(vec![
        EstablishmentEvent::EstablishmentRegistered {
            head: person(1),
            school_year: year(2026),
        },
        joined_by(9, 1, StaffRole::Head),
    ]);
    let waiting = || [open(), vec![invited(9, StaffRole::Head)]].concat();
    given(waiting())
        .when(register_by(9, 2))
        .then_expect_events(vec![replaced(2, 1), joined_by(9, 2, StaffRole::Head)]);
    given(waiting())
        .when(register_by(9, 1))
        .then_expect_events(vec![joined_by(9, 1, StaffRole::Head)]);
    given(waiting())
        .when(register(2))
        .then_expect_error(EstablishmentError::HeadAlreadyRegistered);
}

/// An administrator excludes a school, or the directory takes its mark away. Who is there goes on
/// working, with a head who may be replaced; but nobody joins them, by whatever door: their data would
/// be kept for a school that takes no part.
#[test]
fn an_establishment_that_is_not_eligible_any_more_takes_no_newcomers() {
    let relisted = EstablishmentEvent::EstablishmentRelisted {
        listing: listing(None),
    };
    for end in [decided(false), relisted] {
        let closed = || {
            let invitations = [invited(8, StaffRole::Teacher), invited(9, StaffRole::Head)];
            let there = [joined(2, StaffRole::Teacher)];
            [
                &open()[..],
                &there,
                &invitations,
                std::slice::from_ref(&end),
            ]
            .concat()
        };
        for newcomer in [
            invite(7, StaffRole::Teacher),
            add(3, StaffRole::Teacher),
            add_by(8, 3, StaffRole::Teacher),
        ] {
            given(closed())
                .when(newcomer)
                .then_expect_error(EstablishmentError::NotEligible);
        }
        given(closed())
            .when(add_by(8, 2, StaffRole::Teacher))
            .then_expect_events(vec![joined_by(8, 2, StaffRole::Teacher)]);
        given(closed())
            .when(register_by(9, 3))
            .then_expect_events(vec![replaced(3, 1), joined_by(9, 3, StaffRole::Head)]);
        given(closed())
            .when(replace_head(2))
            .then_expect_events(vec![replaced(2, 1)]);
        given(closed())
            .when(remove(2))
            .then_expect_events(vec![EstablishmentEvent::StaffLeft { staff: person(2) }]);

        // By derogation, they are taken again.
        given([closed(), vec![decided(true)]].concat())
            .when(add(3, StaffRole::Teacher))
            .then_expect_events(vec![joined(3, StaffRole::Teacher)]);
    }
}

/// Pupils come for the year that their school is in, and not before its head, nor to a school that
/// takes no part any more.
#[test]
fn newcomers_come_for_the_present_year_where_they_may() {
    let refused = |events: Vec<EstablishmentEvent>| after(events).year_for_newcomers().err();
    assert_eq!(after(open()).year_for_newcomers(), Ok(year(2026)));
    assert_eq!(
        refused(vec![listed(Some(Priority::Rep))]),
        Some(EstablishmentError::NotRegistered)
    );
    assert_eq!(
        refused([open(), vec![decided(false)]].concat()),
        Some(EstablishmentError::NotEligible)
    );
}

/// Headship is worth more than any other role: an invitation to teach, a used one or one of a school
/// excluded meanwhile must not bring it.
#[test]
fn headship_needs_its_own_invitation() {
    for end in [
        invited(9, StaffRole::Teacher),
        joined_by(9, 3, StaffRole::Head),
    ] {
        given([open(), vec![end]].concat())
            .when(register_by(9, 2))
            .then_expect_error(EstablishmentError::InvitationNotFound);
    }
    given([open(), vec![invited(9, StaffRole::Head)]].concat())
        .when(add_by(9, 2, StaffRole::Head))
        .then_expect_error(EstablishmentError::HeadAlreadyRegistered);
    given(vec![
        listed(Some(Priority::Rep)),
        invited(9, StaffRole::Head),
        decided(false),
    ])
    .when(register_by(9, 1))
    .then_expect_error(EstablishmentError::NotEligible);
}

/// An administrator hands headship over within the staff. A person from outside would come in
/// without ever having proven an address.
#[test]
fn headship_is_handed_over_within_the_staff() {
    let staffed = || [open(), vec![joined(2, StaffRole::Teacher)]].concat();
    given(staffed())
        .when(replace_head(2))
        .then_expect_events(vec![replaced(2, 1)]);
    given(staffed())
        .when(replace_head(1))
        .then_expect_events(vec![]);
    given(staffed())
        .when(replace_head(3))
        .then_expect_error(EstablishmentError::StaffNotFound);
    given([staffed(), vec![replaced(2, 1)]].concat())
        .when(replace_head(1))
        .then_expect_error(EstablishmentError::StaffNotFound);
}

/// The head lets a colleague go who is not of the school. The head stays: a school without one could
/// neither invite anybody nor be taken over.
#[test]
fn anybody_but_the_head_may_be_removed() {
    let staffed = || [open(), vec![joined(2, StaffRole::Teacher)]].concat();
    given(staffed())
        .when(remove(2))
        .then_expect_events(vec![EstablishmentEvent::StaffLeft { staff: person(2) }]);
    given(staffed())
        .when(remove(3))
        .then_expect_error(EstablishmentError::StaffNotFound);
    given(staffed())
        .when(remove(1))
        .then_expect_error(EstablishmentError::HeadStays);
}

/// An invitation opens the door once: followed, revoked or past its school year, it is no longer
/// pending. Left pending, a mail found years later would still let somebody in.
#[test]
fn an_invitation_ends() {
    let invitation = InvitationId::new(Uuid::from_u128(9));
    let invited = EstablishmentEvent::StaffInvited {
        invitation,
        role: StaffRole::Teacher,
        class: None,
    };
    for end in [
        EstablishmentEvent::InvitationRevoked { invitation },
        EstablishmentEvent::StaffJoined {
            staff: person(2),
            role: StaffRole::Teacher,
            invitation: Some(invitation),
        },
        EstablishmentEvent::SchoolYearOpened {
            school_year: year(2027),
        },
    ] {
        let mut establishment = Establishment::default();
        establishment.apply(invited.clone());
        assert_eq!(
            establishment.invitations[&invitation],
            PendingInvitation {
                role: StaffRole::Teacher,
                class: None
            }
        );
        establishment.apply(end);
        assert!(establishment.invitations.is_empty());
    }
}

fn erase(staff: u128) -> EstablishmentCommand {
    EstablishmentCommand::EraseStaff {
        staff: person(staff),
    }
}

fn erased(staff: u128) -> EstablishmentEvent {
    EstablishmentEvent::StaffErased {
        staff: person(staff),
    }
}

/// Somebody who moved away asks to be forgotten: yes, once, whether they were removed or handed the
/// headship over. Whoever still works there would vanish from under their colleagues' eyes.
#[test]
fn those_who_left_the_staff_are_erased() {
    let left = [
        open(),
        vec![
            joined(2, StaffRole::Teacher),
            EstablishmentEvent::StaffLeft { staff: person(2) },
        ],
    ]
    .concat();
    given(left.clone())
        .when(erase(2))
        .then_expect_events(vec![erased(2)]);
    given([left.clone(), vec![erased(2)]].concat())
        .when(erase(2))
        .then_expect_events(vec![]);
    given([open(), vec![joined(2, StaffRole::Teacher), replaced(2, 1)]].concat())
        .when(erase(1))
        .then_expect_events(vec![erased(1)]);
    for present in [
        open(),
        [left.clone(), vec![joined(2, StaffRole::Counsellor)]].concat(),
    ] {
        let staff = if present.len() == open().len() { 1 } else { 2 };
        given(present)
            .when(erase(staff))
            .then_expect_error(EstablishmentError::StillOnStaff);
    }
    given(left)
        .when(erase(3))
        .then_expect_error(EstablishmentError::StaffNotFound);
}

/// Who is staff decides who may see the pupils. Someone who left, or a head who was replaced, is
/// no longer staff; the school stays registered under its new head and in its new year.
#[test]
fn staff_who_left_are_no_longer_staff() {
    let mut establishment = after(open());
    for event in [
        joined(2, StaffRole::Teacher),
        EstablishmentEvent::StaffLeft { staff: person(2) },
        EstablishmentEvent::HeadReplaced {
            head: person(3),
            previous: person(1),
        },
        EstablishmentEvent::SchoolYearOpened {
            school_year: year(2027),
        },
    ] {
        establishment.apply(event);
    }
    assert!(establishment.registered());
    assert_eq!(establishment.head, Some(person(3)));
    assert_eq!(
        establishment.staff,
        BTreeMap::from([(person(3), StaffRole::Head)])
    );
    assert_eq!(establishment.school_year, Some(year(2027)));
}

/// The reset opens a year once, for those who take part, and never goes back: run again, or for a year
/// that is over, it changes nothing.
#[test]
fn the_reset_opens_a_later_year_once() {
    let open_year = |start| EstablishmentCommand::OpenSchoolYear {
        school_year: year(start),
    };
    let opened = |start| EstablishmentEvent::SchoolYearOpened {
        school_year: year(start),
    };
    for start in [2027, 2028] {
        given(open())
            .when(open_year(start))
            .then_expect_events(vec![opened(start)]);
    }
    for start in [2025, 2026] {
        given(open())
            .when(open_year(start))
            .then_expect_events(vec![]);
    }
    given([open(), vec![opened(2027)]].concat())
        .when(open_year(2027))
        .then_expect_events(vec![]);
    given(vec![])
        .when(open_year(2027))
        .then_expect_error(EstablishmentError::NotRegistered);
}
