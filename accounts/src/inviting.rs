//! Inviting somebody to a staff, and sending an invitation again: for a head as for the command line.

use chrono::{DateTime, Utc};
use commands::{By, CommandError, Commands, Once, invite_staff::InviteStaff};
use domain::{
    ids::{ClassId, InvitationId, PersonId},
    values::{EmailAddress, PersonName, StaffRole, Uai},
};
use mail::{Message, Post};
use store::Write;

use crate::{
    invitee::{Invitee, Renew},
    person::{NewPeople, Person},
    token::Purpose,
};

/// Somebody to invite.
pub struct Guest {
    pub establishment: Uai,
    pub email: EmailAddress,
    /// Given name and family name, where whoever invites knows them.
    pub name: Option<(PersonName, PersonName)>,
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said.
    pub class: Option<ClassId>,
}

/// An invitation that is on its way.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub invitation: InvitationId,
    /// Until when it may be followed.
    pub expires_at: DateTime<Utc>,
}

/// Invites somebody: the message that it is follows from the event.
pub async fn invite(commands: &Commands, by: &By, guest: Guest) -> Result<Sent, CommandError> {
    let clock = commands.clock();
    let invitation = InvitationId::new(clock.new_uuid());
    let command = InviteStaff {
        establishment: guest.establishment.clone(),
        invitation,
        role: guest.role,
        class: guest.class,
    };
    let person = NewPeople(
        guest
            .name
            .map(|(first_name, last_name)| Person {
                id: PersonId::new(invitation.as_uuid()),
                first_name,
                last_name,
                birth_date: None,
            })
            .into_iter()
            .collect(),
    );
    let expires_at = clock.now() + Purpose::Invitation.lifetime();
    let invitee = Invitee {
        invitation,
        establishment: guest.establishment,
        email: guest.email,
        expires_at,
    };
    let writes: [&dyn Write; 2] = [&person, &invitee];
    let invitation = commands.execute_with(by, &command, &writes).await?;
    Ok(Sent {
        invitation,
        expires_at,
    })
}

/// Sends a pending invitation again, with a new link and more time; the link before it is worth nothing any
/// more.
pub async fn send_again(
    commands: &Commands,
    once: Option<Once>,
    invitation: InvitationId,
) -> Result<Sent, CommandError> {
    let clock = commands.clock();
    let expires_at = clock.now() + Purpose::Invitation.lifetime();
    let renew = Renew {
        invitation,
        expires_at,
    };
    let post = Post::new(clock, Message::invitation(invitation));
    commands.write(once, &[&renew, &post]).await?;
    Ok(Sent {
        invitation,
        expires_at,
    })
}
