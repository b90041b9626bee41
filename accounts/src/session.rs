//! Sessions in the database: every server sees them, and signing out ends them everywhere.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use commands::{Commands, Reaction};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::PersonId,
    values::{Role, Uai},
};
use store::{
    Clock, Conn, EventRecord, Nullable, Store, StoreError, Write, execute, fetch_optional,
};

use crate::secret::{Token, TokenHash};

/// How long a session lasts without being used.
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
/// How long a session lasts at most, however much it is used.
pub const LONGEST: TimeDelta = TimeDelta::hours(12);
/// How long the last use of a session goes unwritten: reading a page must not mean writing a row.
const UNWRITTEN: TimeDelta = TimeDelta::minutes(1);

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

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "String")]
    account: PersonId,
    #[sqlx(try_from = "String")]
    role: Role,
    #[sqlx(try_from = "Nullable<String>")]
    establishment: Option<Uai>,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
}

/// The session of this token, unless there is none or it has expired.
pub async fn find(
    conn: &mut Conn<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<Session>, StoreError> {
    let row = fetch_optional!(
        conn,
        Row,
        "SELECT a.id AS account, COALESCE(st.role, a.role) AS role, \
                COALESCE(st.establishment, r.establishment) AS establishment, \
                s.created_at, s.last_used_at \
         FROM sessions s JOIN accounts a ON a.id = s.account_id \
              LEFT JOIN staff st ON st.staff_id = a.id \
              LEFT JOIN roster r ON r.student_id = a.id \
         WHERE s.token_hash = $1",
        token.as_str(),
    )?;
    let under_way = row.filter(|row| !expired(row.created_at, row.last_used_at, now));
    Ok(under_way.map(|row| Session {
        account: row.account,
        role: row.role,
        establishment: row.establishment,
        stale: now - row.last_used_at >= UNWRITTEN,
    }))
}

/// Whether this session was opened, and is still.
pub(crate) async fn is_open(commands: &Commands, session: &NewSession) -> Result<bool, StoreError> {
    let token = TokenHash::of(session.token.expose());
    let mut reader = commands.store().reader().await?;
    let found = find(&mut reader.conn(), &token, commands.clock().now()).await?;
    Ok(found.is_some())
}

fn expired(created_at: DateTime<Utc>, last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last_used_at >= IDLE || now - created_at >= LONGEST
}

/// A session that begins, in the transaction of what allows it.
pub struct NewSession {
    /// Whose.
    pub account: PersonId,
    /// A new one each time.
    pub token: Token,
    /// The instant after which the token is worth nothing.
    pub expires_at: DateTime<Utc>,
}

impl NewSession {
    /// A session that is open once it is written.
    #[must_use]
    pub fn new(account: PersonId, clock: &dyn Clock) -> Self {
        Self {
            account,
            token: Token::random(clock),
            expires_at: clock.now() + LONGEST,
        }
    }
}

#[async_trait]
impl Write for NewSession {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "INSERT INTO sessions (token_hash, account_id, created_at, last_used_at) \
             VALUES ($1, $2, $3, $3)",
            TokenHash::of(self.token.expose()).as_str(),
            self.account.to_string(),
            self.expires_at - LONGEST,
        )?;
        Ok(())
    }
}

/// Writes that a session was just used. Two requests at once write it once.
pub async fn touch(store: &Store, token: &TokenHash, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    execute!(
        &mut tx.conn(),
        "UPDATE sessions SET last_used_at = $2 WHERE token_hash = $1 AND last_used_at <= $3",
        token.as_str(),
        now,
        now - UNWRITTEN,
    )?;
    tx.commit().await
}

/// Ends a session.
pub async fn close(store: &Store, token: &TokenHash) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    execute!(
        &mut tx.conn(),
        "DELETE FROM sessions WHERE token_hash = $1",
        token.as_str(),
    )?;
    tx.commit().await
}

/// Ends every session of somebody, in the transaction of what makes them worth nothing.
pub struct EndAll(pub PersonId);

#[async_trait]
impl Write for EndAll {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "DELETE FROM sessions WHERE account_id = $1",
            self.0.to_string(),
        )?;
        Ok(())
    }
}

/// Ends the sessions of whoever leaves a staff. They keep their account, and may come back.
pub struct EndWithStaff;

impl Reaction for EndWithStaff {
    fn react(&self, events: &[EventRecord], _: &dyn Clock) -> Vec<Box<dyn Write>> {
        let left = events.iter().filter_map(|record| match &record.event {
            Event::Establishment(
                EstablishmentEvent::StaffLeft { staff }
                | EstablishmentEvent::HeadReplaced {
                    previous: staff, ..
                },
            ) => Some(*staff),
            _ => None,
        });
        left.map(|staff| Box::new(EndAll(staff)) as Box<dyn Write>)
            .collect()
    }
}

/// Removes the sessions that have expired, whoever's.
pub async fn remove_expired(conn: &mut Conn<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    execute!(
        conn,
        "DELETE FROM sessions WHERE last_used_at <= $1 OR created_at <= $2",
        now - IDLE,
        now - LONGEST,
    )?;
    Ok(())
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
}
