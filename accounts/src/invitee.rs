//! Whom an invitation went to: personal data, beside the read model of invitations.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use commands::{Reaction, Refusal, revoke_invitation::PendingAt};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::InvitationId,
    values::{EmailAddress, Uai},
};
use store::{
    Clock, Conn, EventRecord, Rows, StoreError, Write, execute, fetch_all, fetch_optional,
};
use uuid::Uuid;

use crate::{
    person,
    row::{one_or_refused, parse},
    token,
};

/// Whom an invitation went to. The name, if known, stands in `people`, under the invitation's id.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Invitee {
    /// Which invitation.
    #[sqlx(try_from = "String", rename = "invitation_id")]
    pub invitation: InvitationId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub establishment: Uai,
    /// Where it went.
    #[sqlx(try_from = "String")]
    pub email: EmailAddress,
    /// Until when it may be followed.
    pub expires_at: DateTime<Utc>,
}

impl Invitee {
    /// Whether it is too late to follow it, unless it is sent again.
    #[must_use]
    pub fn expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }
}

#[async_trait]
impl Write for Invitee {
    /// An address that has an invitation there already fails with [`commands::Refusal::AlreadyInvited`].
    /// As with [`NewAccount`](crate::account::NewAccount), the database is not left to say so.
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        // What a new school year ended is in nobody's way.
        let ended = fetch_all!(
            conn,
            (String,),
            "SELECT invitation_id FROM invitees WHERE establishment = $1 AND email_key = $2 \
             AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.id = invitation_id)",
            self.establishment.as_str(),
            self.email.key(),
        )?;
        forget(conn, ended.into_iter().map(|(id,)| id).collect()).await?;
        let written = execute!(
            conn,
            "INSERT INTO invitees (invitation_id, establishment, email, email_key, expires_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (establishment, email_key) DO NOTHING",
            self.invitation.to_string(),
            self.establishment.as_str(),
            self.email.as_str(),
            self.email.key(),
            self.expires_at,
        )?;
        one_or_refused(written, Refusal::AlreadyInvited)
    }
}

/// Gives an invitation that is sent again more time.
pub struct Renew {
    /// Which.
    pub invitation: InvitationId,
    /// Until when it may be followed.
    pub expires_at: DateTime<Utc>,
}

#[async_trait]
impl Write for Renew {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "UPDATE invitees SET expires_at = $2 WHERE invitation_id = $1",
            self.invitation.to_string(),
            self.expires_at,
        )?;
        Ok(())
    }
}

/// Removes the personal data and the tokens of an invitation that was followed or taken back.
struct Forget(InvitationId);

#[async_trait]
impl Write for Forget {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        remove(conn, vec![self.0.as_uuid()]).await
    }
}

/// Forgets whom an invitation went to that was followed or taken back. What a new school year ends is left
/// to [`Invitee`] and to housekeeping.
pub struct ForgetEnded;

impl Reaction for ForgetEnded {
    fn react(&self, events: &[EventRecord], _: &dyn Clock) -> Vec<Box<dyn Write>> {
        let ended = events.iter().filter_map(|record| match &record.event {
            Event::Establishment(
                EstablishmentEvent::InvitationRevoked { invitation }
                | EstablishmentEvent::StaffJoined {
                    invitation: Some(invitation),
                    ..
                },
            ) => Some(*invitation),
            _ => None,
        });
        ended
            .map(|invitation| Box::new(Forget(invitation)) as Box<dyn Write>)
            .collect()
    }
}

/// Whom an invitation went to, unless it was followed or taken back.
pub async fn get(conn: &mut Conn<'_>, id: InvitationId) -> Result<Option<Invitee>, StoreError> {
    fetch_optional!(
        conn,
        Invitee,
        "SELECT invitation_id, establishment, email, expires_at FROM invitees \
         WHERE invitation_id = $1",
        id.to_string(),
    )
}

/// Whom a pending invitation went to, kept as it is until the transaction ends.
pub(crate) async fn hold_pending(
    conn: &mut Conn<'_>,
    id: InvitationId,
) -> Result<Option<Invitee>, StoreError> {
    execute!(
        conn,
        "UPDATE invitees SET email = email WHERE invitation_id = $1",
        id.to_string(),
    )?;
    fetch_optional!(
        conn,
        Invitee,
        "SELECT t.invitation_id, t.establishment, t.email, t.expires_at \
         FROM invitees t JOIN invitations i ON i.id = t.invitation_id WHERE t.invitation_id = $1",
        id.to_string(),
    )
}

/// Whom an establishment's invitations went to.
pub async fn of(
    conn: &mut Conn<'_>,
    establishment: &Uai,
) -> Result<HashMap<InvitationId, Invitee>, StoreError> {
    let invitees = fetch_all!(
        conn,
        Invitee,
        "SELECT invitation_id, establishment, email, expires_at FROM invitees \
         WHERE establishment = $1",
        establishment.as_str(),
    )?;
    let by_invitation = invitees
        .into_iter()
        .map(|invitee| (invitee.invitation, invitee));
    Ok(by_invitation.collect())
}

/// The pending invitations that went to this address.
pub async fn pending_at(
    conn: &mut Conn<'_>,
    email_key: &str,
) -> Result<Vec<PendingAt>, StoreError> {
    let rows = fetch_all!(
        conn,
        (String, String),
        "SELECT i.establishment, i.id FROM invitees t JOIN invitations i ON i.id = t.invitation_id \
         WHERE t.email_key = $1",
        email_key,
    )?;
    rows.iter()
        .map(|(uai, id)| Ok((parse("invitations", uai)?, parse("invitations", id)?)))
        .collect()
}

/// The invitations that went to this address and are no longer pending.
pub(crate) async fn ended_at(
    conn: &mut Conn<'_>,
    email_key: &str,
) -> Result<Vec<Uuid>, StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT invitation_id FROM invitees WHERE email_key = $1 \
         AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.id = invitation_id)",
        email_key,
    )?;
    rows.iter().map(|(id,)| parse("invitees", id)).collect()
}

/// The invitations that went to this address, pending or not.
pub(crate) async fn ids_at(conn: &mut Conn<'_>, email_key: &str) -> Result<Vec<Uuid>, StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT invitation_id FROM invitees WHERE email_key = $1",
        email_key,
    )?;
    rows.iter().map(|(id,)| parse("invitees", id)).collect()
}

/// Removes the personal data of those whose invitation ended with the school year. Their tokens stay until
/// they expire, to say so to whoever follows them: one that was followed or revoked has none.
pub(crate) async fn remove_ended(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT invitation_id FROM invitees \
         WHERE NOT EXISTS (SELECT 1 FROM invitations i WHERE i.id = invitation_id)",
    )?;
    forget(conn, rows.into_iter().map(|(id,)| id).collect()).await
}

/// Removes the personal data and the tokens of invitations.
pub(crate) async fn remove<I: ToString>(
    conn: &mut Conn<'_>,
    invitations: Vec<I>,
) -> Result<(), StoreError> {
    token::withdraw_all(conn, invitations.iter().map(I::to_string)).await?;
    forget(conn, invitations).await
}

/// Removes the personal data of invitations.
async fn forget<I: ToString>(conn: &mut Conn<'_>, invitations: Vec<I>) -> Result<(), StoreError> {
    person::forget(conn, invitations.iter().map(I::to_string)).await?;
    let invitations = Rows::new().text("id", invitations.iter().map(I::to_string));
    let sql = "DELETE FROM invitees WHERE invitation_id IN (SELECT id FROM {rows})";
    conn.write(sql, invitations).await?;
    Ok(())
}
