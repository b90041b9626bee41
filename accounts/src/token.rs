//! Proofs by mail: single-use tokens that activate an account, set a new password or follow an
//! invitation.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::refusal::Refusal;
use store::{Clock, Conn, Rows, StoreError, Write, execute, fetch_optional};
use uuid::Uuid;

use crate::{
    row::parse,
    secret::{Token, TokenHash},
};

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proving the address of a sign-up.
    Activation,
    /// Setting a new password for an account.
    PasswordReset,
    /// Following an invitation.
    Invitation,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
        }
    }

    /// How long a token is good for, from the moment its message is made.
    #[must_use]
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::Activation => TimeDelta::days(7),
            Self::PasswordReset => TimeDelta::hours(1),
            Self::Invitation => TimeDelta::days(14),
        }
    }
}

/// Makes a token for `subject` (the id of a sign-up, an account or an invitation), to go in
/// `message`. Those of earlier messages are worth nothing from then on; one made for an earlier
/// attempt at the same message stays good, since that attempt may have arrived.
pub async fn issue(
    conn: &mut Conn<'_>,
    purpose: Purpose,
    subject: Uuid,
    message: Uuid,
    clock: &dyn Clock,
) -> Result<Token, StoreError> {
    execute!(
        conn,
        "DELETE FROM tokens WHERE subject = $1 AND purpose = $2 AND message_id <> $3",
        subject.to_string(),
        purpose.as_str(),
        message.to_string(),
    )?;
    let token = Token::random(clock);
    execute!(
        conn,
        "INSERT INTO tokens (token_hash, purpose, subject, message_id, expires_at) \
         VALUES ($1, $2, $3, $4, $5)",
        TokenHash::of(token.expose()).as_str(),
        purpose.as_str(),
        subject.to_string(),
        message.to_string(),
        clock.now() + purpose.lifetime(),
    )?;
    Ok(token)
}

/// Whether a newer message than this one has a token for the subject.
pub(crate) async fn has_newer(
    conn: &mut Conn<'_>,
    subject: Uuid,
    message: Uuid,
) -> Result<bool, StoreError> {
    let newer = fetch_optional!(
        conn,
        (String,),
        "SELECT message_id FROM tokens WHERE subject = $1 AND message_id > $2 LIMIT 1",
        subject.to_string(),
        message.to_string(),
    )?;
    Ok(newer.is_some())
}

/// What this token is for, unless it was never given out, was used, replaced or has expired.
pub async fn subject(
    conn: &mut Conn<'_>,
    purpose: Purpose,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, StoreError> {
    let row = fetch_optional!(
        conn,
        (String,),
        "SELECT subject FROM tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3",
        token.as_str(),
        purpose.as_str(),
        now,
    )?;
    row.map(|(subject,)| parse("tokens", &subject)).transpose()
}

/// Uses a token up, with every other one of the same purpose and subject. Of two that try at once, one
/// is refused with [`Refusal::TokenInvalid`].
pub struct Spend {
    /// What the token is good for.
    pub purpose: Purpose,
    /// What it was for, from [`subject`].
    pub subject: Uuid,
    /// The token.
    pub token: TokenHash,
}

#[async_trait]
impl Write for Spend {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let spent = execute!(
            conn,
            "DELETE FROM tokens WHERE token_hash = $1",
            self.token.as_str(),
        )?;
        if spent == 0 {
            return Err(Refusal::TokenInvalid.into());
        }
        Withdraw {
            purpose: self.purpose,
            subject: self.subject,
        }
        .write(conn)
        .await
    }
}

/// Makes every token of this purpose and subject worth nothing.
pub struct Withdraw {
    /// What the tokens were good for.
    pub purpose: Purpose,
    /// What they were for.
    pub subject: Uuid,
}

#[async_trait]
impl Write for Withdraw {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "DELETE FROM tokens WHERE subject = $1 AND purpose = $2",
            self.subject.to_string(),
            self.purpose.as_str(),
        )?;
        Ok(())
    }
}

/// Makes every token that was made for these subjects worth nothing.
pub(crate) async fn withdraw_all(
    conn: &mut Conn<'_>,
    subjects: impl IntoIterator<Item = impl ToString>,
) -> Result<(), StoreError> {
    let subjects = Rows::new().text("subject", subjects);
    let sql = "DELETE FROM tokens WHERE subject IN (SELECT subject FROM {rows})";
    conn.write(sql, subjects).await?;
    Ok(())
}

/// Removes the tokens that have expired.
pub(crate) async fn remove_expired(
    conn: &mut Conn<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    execute!(conn, "DELETE FROM tokens WHERE expires_at <= $1", now)?;
    Ok(())
}
