//! The outbox: messages are asked for in the transaction that causes them, as ids, and made when they
//! are sent. A message is thus never sent for what did not happen, nor forgotten for what did; and no
//! token waits in the database.

use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::values::{EmailAddress, Uai};
use store::{Clock, Conn, StoreError, Write, execute, fetch_all, fetch_optional};
use uuid::Uuid;

use crate::message::{Message, NotAMessage};

/// A row that waits to be sent, as the database holds it: what is damaged in it shows when it is read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub(crate) id: String,
    /// The name of its kind, as it stands there.
    pub(crate) kind: String,
    pub(crate) email: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) establishment: Option<String>,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
    /// How often it was tried; each attempt is a claim.
    pub(crate) attempts: i64,
}

impl Waiting {
    /// Which message of this kind it is.
    pub(crate) fn message(&self, kind: &'static str) -> Result<(Uuid, Message), NotAMessage> {
        let message = Message {
            kind,
            email: parse(self.email.as_deref())?,
            subject: parse(self.subject.as_deref())?,
            establishment: parse(self.establishment.as_deref())?,
        };
        Ok((self.id.parse().map_err(|_| NotAMessage)?, message))
    }
}

fn parse<T: FromStr>(column: Option<&str>) -> Result<Option<T>, NotAMessage> {
    column
        .map(|text| text.parse().map_err(|_| NotAMessage))
        .transpose()
}

/// The messages that are due, those that wait the longest first.
pub async fn due(
    conn: &mut Conn<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    fetch_all!(
        conn,
        Waiting,
        "SELECT id, kind, email, subject, establishment, created_at, attempts FROM outbox \
         WHERE given_up_at IS NULL AND next_attempt_at <= $1 \
         ORDER BY next_attempt_at, id LIMIT $2",
        now,
        limit,
    )
}

/// How many messages wait, due or not.
pub(crate) async fn count(conn: &mut Conn<'_>) -> Result<i64, StoreError> {
    let row = fetch_optional!(
        conn,
        (i64,),
        "SELECT COUNT(*) FROM outbox WHERE given_up_at IS NULL"
    )?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Takes a message for one more attempt, unless another worker did since it was read. It comes back by
/// itself at `until`, should this one not live to say how it went.
pub async fn claim(
    conn: &mut Conn<'_>,
    waiting: &mut Waiting,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let claimed = execute!(
        conn,
        "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $3 \
         WHERE id = $1 AND attempts = $2 AND given_up_at IS NULL",
        &waiting.id,
        waiting.attempts,
        until,
    )?;
    waiting.attempts += 1;
    Ok(claimed == 1)
}

/// Removes a message that was sent, or that there is nothing to send for.
pub(crate) async fn remove(conn: &mut Conn<'_>, waiting: &Waiting) -> Result<(), StoreError> {
    execute!(conn, "DELETE FROM outbox WHERE id = $1", &waiting.id)?;
    Ok(())
}

/// Sets when a claimed message is tried again.
pub(crate) async fn postpone(
    conn: &mut Conn<'_>,
    waiting: &Waiting,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    execute!(
        conn,
        "UPDATE outbox SET next_attempt_at = $3 WHERE id = $1 AND attempts = $2",
        &waiting.id,
        waiting.attempts,
        until,
    )?;
    Ok(())
}

/// Leaves a claimed message for good: it stays in sight until [`remove_given_up`].
pub(crate) async fn give_up(
    conn: &mut Conn<'_>,
    waiting: &Waiting,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    execute!(
        conn,
        "UPDATE outbox SET given_up_at = $3 WHERE id = $1 AND attempts = $2",
        &waiting.id,
        waiting.attempts,
        now,
    )?;
    Ok(())
}

/// Removes the messages that were given up before this instant; says how many.
pub async fn remove_given_up(
    conn: &mut Conn<'_>,
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    execute!(conn, "DELETE FROM outbox WHERE given_up_at < $1", before)
}

/// Removes every message about one of these people, sign-ups and invitations or to one of these addresses,
/// whatever it waits for.
pub async fn remove_about(
    conn: &mut Conn<'_>,
    subjects: impl IntoIterator<Item = Uuid>,
    email_keys: impl IntoIterator<Item = &String>,
) -> Result<(), StoreError> {
    for subject in subjects {
        execute!(
            conn,
            "DELETE FROM outbox WHERE subject = $1",
            subject.to_string(),
        )?;
    }
    for key in email_keys {
        execute!(conn, "DELETE FROM outbox WHERE LOWER(email) = $1", key)?;
    }
    Ok(())
}

/// Whether the same waits to be sent again, asked for after `message`; `of` is the address or the subject.
pub(crate) async fn newer_waits(
    conn: &mut Conn<'_>,
    kind: &str,
    of: String,
    message: Uuid,
) -> Result<bool, StoreError> {
    let newer = fetch_optional!(
        conn,
        (String,),
        "SELECT id FROM outbox WHERE kind = $1 AND (LOWER(email) = $2 OR subject = $2) \
             AND id > $3 AND given_up_at IS NULL LIMIT 1",
        kind,
        of,
        message.to_string(),
    )?;
    Ok(newer.is_some())
}

/// Makes a message that waits another one.
pub(crate) async fn replace(
    conn: &mut Conn<'_>,
    id: Uuid,
    message: &Message,
) -> Result<(), StoreError> {
    execute!(
        conn,
        "UPDATE outbox SET kind = $2, email = $3, subject = $4, establishment = $5 WHERE id = $1",
        id.to_string(),
        message.kind,
        message.email.as_ref().map(EmailAddress::as_str),
        message.subject.map(|id| id.to_string()),
        message.establishment.as_ref().map(Uai::as_str),
    )?;
    Ok(())
}

/// Puts a message in the outbox, in the transaction of what causes it.
pub struct Post {
    /// A fresh id.
    pub id: Uuid,
    pub message: Message,
    pub at: DateTime<Utc>,
}

impl Post {
    /// A message asked for now.
    #[must_use]
    pub fn new(clock: &dyn Clock, message: Message) -> Self {
        Self {
            id: clock.new_uuid(),
            message,
            at: clock.now(),
        }
    }
}

#[async_trait]
impl Write for Post {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "INSERT INTO outbox (id, kind, email, subject, establishment, created_at, \
                                 next_attempt_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6)",
            self.id.to_string(),
            self.message.kind,
            self.message.email.as_ref().map(EmailAddress::as_str),
            self.message.subject.map(|id| id.to_string()),
            self.message.establishment.as_ref().map(Uai::as_str),
            self.at,
        )?;
        Ok(())
    }
}
