//! Who is invited, and what an invitation opens.

use super::*;

fn revoke(invitation: u128) -> EstablishmentCommand {
    EstablishmentCommand::RevokeInvitation {
        invitation: invitation_id(invitation),
    }
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
        .then_expect_error(Refusal::AlreadyInvited);
    given(vec![listed(Some(Priority::Rep))])
        .when(invite(9, StaffRole::Teacher))
        .then_expect_error(Refusal::EstablishmentNotRegistered);
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
        .then_expect_error(Refusal::EstablishmentNotEligible);
    given(vec![])
        .when(invite(9, StaffRole::Head))
        .then_expect_error(Refusal::EstablishmentNotFound);
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
            .then_expect_error(Refusal::InvitationNotFound);
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
        .then_expect_error(Refusal::InvitationNotFound);
    for end in [revoked(9), joined_by(9, 3, StaffRole::Teacher)] {
        given([waiting(), vec![end]].concat())
            .when(add_by(9, 2, StaffRole::Teacher))
            .then_expect_error(Refusal::InvitationNotFound);
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
