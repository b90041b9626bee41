//! Who becomes the head of an establishment by invitation, whatever the rule for staff addresses says: for an
//! administrator as for the command line.

use commands::{By, CommandError, Commands};
use domain::{
    ids::InvitationId,
    values::{EmailAddress, Role, StaffRole, Uai},
};
use projections::invitations;
use store::{Conn, StoreError};

use crate::{
    account, invitee,
    inviting::{self, Guest, Sent},
    token::Purpose,
};

/// What became of inviting somebody as head.
#[derive(Clone, Copy, Debug)]
pub enum HeadInvited {
    /// The invitation is on its way.
    Sent(Sent),
    /// They were invited as head before: the same invitation is on its way again, with a new link.
    SentAgain(Sent),
    /// They are its head: nothing is to be done.
    IsHead,
}

/// Invites somebody as the head of an establishment. Whoever heads it stays until the invitation is followed.
///
/// The same request that comes again sends nothing again.
pub async fn invite_head(
    commands: &Commands,
    by: &By,
    establishment: &Uai,
    email: &EmailAddress,
) -> Result<HeadInvited, CommandError> {
    if let Some(invitation) = commands.done::<Option<_>>(by.once).await?.flatten() {
        let expires_at = commands.clock().now() + Purpose::Invitation.lifetime();
        return Ok(HeadInvited::Sent(Sent {
            invitation,
            expires_at,
        }));
    }
    let pending = {
        let mut reader = commands.store().reader().await?;
        let conn = &mut reader.conn();
        let known = account::find(conn, email).await?;
        let is_head = known.is_some_and(|it| {
            it.role == Role::Head && it.establishment.as_ref() == Some(establishment)
        });
        if is_head {
            return Ok(HeadInvited::IsHead);
        }
        pending(conn, establishment, email).await?
    };
    if let Some(invitation) = pending {
        let sent = inviting::send_again(commands, by.once, invitation).await?;
        return Ok(HeadInvited::SentAgain(sent));
    }
    let guest = Guest {
        establishment: establishment.clone(),
        email: email.clone(),
        name: None,
        role: StaffRole::Head,
        class: None,
    };
    let sent = inviting::invite(commands, by, guest).await?;
    Ok(HeadInvited::Sent(sent))
}

/// The invitation as its head that waits at this address.
async fn pending(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    email: &EmailAddress,
) -> Result<Option<InvitationId>, StoreError> {
    for (uai, invitation) in invitee::pending_at(conn, &email.key()).await? {
        let known = invitations::get(conn, invitation).await?;
        if uai == *establishment && known.is_some_and(|it| it.role == StaffRole::Head) {
            return Ok(Some(invitation));
        }
    }
    Ok(None)
}
