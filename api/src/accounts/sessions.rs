//! Sessions in the database: every server sees them, and signing out ends them everywhere.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ids::PersonId,
    values::{Role, Uai},
};
use sha2::{Digest, Sha256};
use store::{Conn, Store, StoreError, execute, fetch_optional};

use super::account::{parse, parse_optional};

/// How long a session lasts without being used.
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
/// How long a session lasts at most, however much it is used.
pub const LONGEST: TimeDelta = TimeDelta::hours(12);
/// How long the last use of a session goes unwritten: reading a page must not mean writing a row.
const UNWRITTEN: TimeDelta = TimeDelta::minutes(1);

/// What a signed-in client holds: 256 random bits. `Debug` does not show it.
pub struct Token(String);

impl Token {
    fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// The text that the client sends back.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// What stands in the database for a token. Whoever reads the table cannot sign in with it; 256
/// random bits need no slow hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// Of what a client sent.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(format!("{:x}", Sha256::digest(token)))
    }
}

/// A session under way, and what its holder is at this moment.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub account: PersonId,
    /// What the holder is.
    pub role: Role,
    /// Where the holder works or studies; none for administrators, and for those who left.
    pub establishment: Option<Uai>,
    /// Whether its last use should be written, see [`touch`].
    pub stale: bool,
}

type Row = (String, String, Option<String>, DateTime<Utc>, DateTime<Utc>);

/// The session of this token, unless there is none or it has expired.
///
/// # Errors
///
/// The database's.
pub async fn find(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<Session>, StoreError> {
    let row = fetch_optional!(
        conn,
        Row,
        "SELECT a.id, COALESCE(st.role, a.role), COALESCE(st.establishment, r.establishment), \
                s.created_at, s.last_used_at \
         FROM sessions s JOIN accounts a ON a.id = s.account_id \
              LEFT JOIN staff st ON st.staff_id = a.id \
              LEFT JOIN roster r ON r.student_id = a.id \
         WHERE s.token_hash = $1",
        &token.0,
    )?;
    let Some((account, role, establishment, created_at, last_used_at)) = row else {
        return Ok(None);
    };
    if expired(created_at, last_used_at, now) {
        return Ok(None);
    }
    Ok(Some(Session {
        account: parse("accounts", &account)?,
        role: parse("accounts", &role)?,
        establishment: parse_optional("staff or roster", establishment.as_deref())?,
        stale: now - last_used_at >= UNWRITTEN,
    }))
}

fn expired(created_at: DateTime<Utc>, last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last_used_at >= IDLE || now - created_at >= LONGEST
}

/// Opens a session: a new token each time, and the instant after which it is worth nothing.
///
/// # Errors
///
/// The database's.
pub async fn open(
    store: &Store,
    account: PersonId,
    now: DateTime<Utc>,
) -> Result<(Token, DateTime<Utc>), StoreError> {
    let token = Token::random();
    let mut tx = store.begin().await?;
    execute!(
        &mut tx.conn(),
        "INSERT INTO sessions (token_hash, account_id, created_at, last_used_at) \
         VALUES ($1, $2, $3, $3)",
        &TokenHash::of(token.expose()).0,
        account.to_string(),
        now,
    )?;
    tx.commit().await?;
    Ok((token, now + LONGEST))
}

/// Writes that a session was just used. Two requests at once write it once.
///
/// # Errors
///
/// The database's.
pub async fn touch(store: &Store, token: &TokenHash, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    execute!(
        &mut tx.conn(),
        "UPDATE sessions SET last_used_at = $2 WHERE token_hash = $1 AND last_used_at <= $3",
        &token.0,
        now,
        now - UNWRITTEN,
    )?;
    tx.commit().await
}

/// Ends a session.
///
/// # Errors
///
/// The database's.
pub async fn close(store: &Store, token: &TokenHash) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    execute!(
        &mut tx.conn(),
        "DELETE FROM sessions WHERE token_hash = $1",
        &token.0,
    )?;
    tx.commit().await
}

/// Removes the sessions that have expired, whoever's.
///
/// # Errors
///
/// The database's; nothing is lost, the next sign-in does it again.
pub async fn remove_expired(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    execute!(
        &mut tx.conn(),
        "DELETE FROM sessions WHERE last_used_at <= $1 OR created_at <= $2",
        now - IDLE,
        now - LONGEST,
    )?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A teacher leaves a shared computer without signing out: half an hour later, and in any case
    /// half a day later, whoever sits down there must be nobody.
    #[test]
    fn a_session_ends_when_idle_and_in_any_case_the_same_day() {
        let start: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let minutes = TimeDelta::minutes;

        assert!(!expired(start, start, start + minutes(29)));
        assert!(expired(start, start, start + minutes(30)));
        let used = start + minutes(11 * 60 + 50);
        assert!(!expired(start, used, start + minutes(11 * 60 + 59)));
        assert!(expired(start, used, start + minutes(12 * 60)));
    }

    /// The table must be of no use to whoever steals it, and a token must not be guessed: 256 bits
    /// are 43 characters of base64url, hashed before they are stored.
    #[test]
    fn a_token_is_long_and_stored_hashed() {
        let (token, other) = (Token::random(), Token::random());
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token.expose(), other.expose());
        assert_eq!(
            TokenHash::of("abc").0,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
