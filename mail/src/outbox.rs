//! The outbox: messages are asked for in the transaction that causes them, as ids, and made when they
//! are sent. A message is thus never sent for what did not happen, nor forgotten for what did; and no
//! token waits in the database.

use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::values::{EmailAddress, Uai};
use store::{Clock, Conn, StoreError, Write, execute, fetch_all, fetch_optional};
use uuid::Uuid;

use crate::letters::{KINDS, Kind};

/// A message that somebody shall get, as ids: each kind is made by a constructor of its own, in `letters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    kind: &'static str,
    /// The address it is to, as somebody typed it, where it is to no account.
    email: Option<EmailAddress>,
    /// The person, the sign-up or the invitation that it is about.
    subject: Option<Uuid>,
    establishment: Option<Uai>,
}

impl Message {
    pub(crate) fn to(kind: &'static str, email: EmailAddress) -> Self {
        Self {
            kind,
            email: Some(email),
            subject: None,
            establishment: None,
        }
    }

    pub(crate) fn about(kind: &'static str, subject: Uuid) -> Self {
        Self {
            kind,
            email: None,
            subject: Some(subject),
            establishment: None,
        }
    }

    pub(crate) fn at(self, establishment: Uai) -> Self {
        Self {
            establishment: Some(establishment),
            ..self
        }
    }

    /// What kind it is: in the database, in logs and in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn email(&self) -> Result<&EmailAddress, NotAMessage> {
        self.email.as_ref().ok_or(NotAMessage)
    }

    pub(crate) fn subject(&self) -> Result<Uuid, NotAMessage> {
        self.subject.ok_or(NotAMessage)
    }

    pub(crate) fn establishment(&self) -> Result<&Uai, NotAMessage> {
        self.establishment.as_ref().ok_or(NotAMessage)
    }
}

/// What stands for the kind of a row that names no message.
const UNKNOWN: &str = "unknown";

/// Every kind that a message may be counted under.
pub(crate) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name).chain([UNKNOWN])
}

/// A row that waits to be sent, as the database holds it: what is damaged in it shows when it is read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub(crate) id: String,
    kind: String,
    email: Option<String>,
    subject: Option<String>,
    establishment: Option<String>,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
    /// How often it was tried; each attempt is a claim.
    pub(crate) attempts: i64,
}

/// A row of the outbox that names no message. It does not say what stands there instead: that may be
/// somebody's address.
#[derive(Debug, thiserror::Error)]
#[error("the row names no message")]
pub(crate) struct NotAMessage;

impl Waiting {
    /// Which message it is, and what makes a letter of it.
    pub(crate) fn message(&self) -> Result<(Uuid, Message, &'static Kind), NotAMessage> {
        let kind = KINDS.iter().find(|kind| kind.name == self.kind);
        let kind = kind.ok_or(NotAMessage)?;
        let message = Message {
            kind: kind.name,
            email: parse(self.email.as_deref())?,
            subject: parse(self.subject.as_deref())?,
            establishment: parse(self.establishment.as_deref())?,
        };
        Ok((self.id.parse().map_err(|_| NotAMessage)?, message, kind))
    }

    /// What kind it is, for logs and metrics; never what somebody wrote in its place.
    pub(crate) fn kind(&self) -> &'static str {
        let known = KINDS.iter().find(|kind| kind.name == self.kind);
        known.map_or(UNKNOWN, |kind| kind.name)
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
    /// What to send.
    pub message: Message,
    /// When it was asked for.
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

#[cfg(test)]
impl Waiting {
    /// A row that only its age and attempts matter of.
    pub(crate) fn for_test(created_at: DateTime<Utc>, attempts: i64) -> Self {
        Self {
            id: String::new(),
            kind: String::new(),
            email: None,
            subject: None,
            establishment: None,
            created_at,
            attempts,
        }
    }
}
