//! The outbox: messages are asked for in the transaction that causes them, as ids, and made when they
//! are sent. A message is thus never sent for what did not happen, nor forgotten for what did; and no
//! token waits in the database.

use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    ids::{InvitationId, PersonId},
    values::{EmailAddress, Uai},
};
use store::{Clock, Conn, StoreError, Write, execute, fetch_all, fetch_optional};
use uuid::Uuid;

// The kinds of message, as they stand in the database, in logs and in metrics.
const SIGN_UP: &str = "sign_up";
pub(super) const ACTIVATION_AGAIN: &str = "activation_again";
pub(super) const PASSWORD_RESET: &str = "password_reset";
pub(super) const INVITATION: &str = "invitation";
const STAFF_JOINED: &str = "staff_joined";
const HEAD_ACTIVATED: &str = "head_activated";
const STUDENT_REJECTED: &str = "student_rejected";
/// What stands for the kind of a row that names no message.
const UNKNOWN: &str = "unknown";
const KINDS: [&str; 7] = [
    SIGN_UP,
    ACTIVATION_AGAIN,
    PASSWORD_RESET,
    INVITATION,
    STAFF_JOINED,
    HEAD_ACTIVATED,
    STUDENT_REJECTED,
];

/// A message that somebody shall get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// To whoever signed up: how to activate the account; or that the address has one already.
    SignUp {
        /// The sign-up.
        sign_up: PersonId,
    },
    /// To an address, known or not: the activation once more.
    ActivationAgain {
        /// As somebody typed it.
        email: EmailAddress,
    },
    /// To an address, known or not: how to choose another password.
    PasswordReset {
        /// As somebody typed it.
        email: EmailAddress,
    },
    /// To the invited person: how to follow the invitation.
    Invitation {
        /// Which.
        invitation: InvitationId,
    },
    /// To the head: somebody joined the staff.
    StaffJoined {
        /// Whose staff.
        establishment: Uai,
        /// Who joined.
        staff: PersonId,
    },
    /// To the establishment's official mailbox: this person is now its head here.
    HeadActivated {
        /// Which establishment.
        establishment: Uai,
        /// Its head.
        head: PersonId,
    },
    /// To a pupil whom staff took out of their establishment.
    StudentRejected {
        /// Who.
        student: PersonId,
        /// The establishment they are no longer in.
        establishment: Uai,
    },
}

impl Message {
    /// What kind it is: in the database, in logs and in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SignUp { .. } => SIGN_UP,
            Self::ActivationAgain { .. } => ACTIVATION_AGAIN,
            Self::PasswordReset { .. } => PASSWORD_RESET,
            Self::Invitation { .. } => INVITATION,
            Self::StaffJoined { .. } => STAFF_JOINED,
            Self::HeadActivated { .. } => HEAD_ACTIVATED,
            Self::StudentRejected { .. } => STUDENT_REJECTED,
        }
    }

    fn email(&self) -> Option<&EmailAddress> {
        match self {
            Self::ActivationAgain { email } | Self::PasswordReset { email } => Some(email),
            _ => None,
        }
    }

    fn subject(&self) -> Option<Uuid> {
        match self {
            Self::ActivationAgain { .. } | Self::PasswordReset { .. } => None,
            Self::Invitation { invitation } => Some(invitation.as_uuid()),
            Self::SignUp { sign_up: person }
            | Self::StaffJoined { staff: person, .. }
            | Self::HeadActivated { head: person, .. }
            | Self::StudentRejected {
                student: person, ..
            } => Some(person.as_uuid()),
        }
    }

    fn establishment(&self) -> Option<&Uai> {
        match self {
            Self::StaffJoined { establishment, .. }
            | Self::HeadActivated { establishment, .. }
            | Self::StudentRejected { establishment, .. } => Some(establishment),
            _ => None,
        }
    }
}

/// Every kind that a message may be counted under.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().chain([UNKNOWN])
}

/// A row that waits to be sent, as the database holds it: what is damaged in it shows when it is read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub(super) id: String,
    kind: String,
    email: Option<String>,
    subject: Option<String>,
    establishment: Option<String>,
    /// When it was asked for.
    pub(super) created_at: DateTime<Utc>,
    /// How often it was tried; each attempt is a claim.
    pub(super) attempts: i64,
}

/// A row of the outbox that names no message. It does not say what stands there instead: that may be
/// somebody's address.
#[derive(Debug, thiserror::Error)]
#[error("the row names no message")]
pub(super) struct NotAMessage;

impl Waiting {
    /// Which message it is.
    pub(super) fn message(&self) -> Result<(Uuid, Message), NotAMessage> {
        let id = self.id.parse().map_err(|_| NotAMessage)?;
        let message = match self.kind.as_str() {
            SIGN_UP => Message::SignUp {
                sign_up: parse(self.subject.as_deref())?,
            },
            ACTIVATION_AGAIN => Message::ActivationAgain {
                email: parse(self.email.as_deref())?,
            },
            PASSWORD_RESET => Message::PasswordReset {
                email: parse(self.email.as_deref())?,
            },
            INVITATION => Message::Invitation {
                invitation: parse(self.subject.as_deref())?,
            },
            STAFF_JOINED => Message::StaffJoined {
                establishment: parse(self.establishment.as_deref())?,
                staff: parse(self.subject.as_deref())?,
            },
            HEAD_ACTIVATED => Message::HeadActivated {
                establishment: parse(self.establishment.as_deref())?,
                head: parse(self.subject.as_deref())?,
            },
            STUDENT_REJECTED => Message::StudentRejected {
                student: parse(self.subject.as_deref())?,
                establishment: parse(self.establishment.as_deref())?,
            },
            _ => return Err(NotAMessage),
        };
        Ok((id, message))
    }

    /// What kind it is, for logs and metrics; never what somebody wrote in its place.
    pub(super) fn kind(&self) -> &'static str {
        KINDS
            .into_iter()
            .find(|kind| *kind == self.kind)
            .unwrap_or(UNKNOWN)
    }
}

fn parse<T: FromStr>(column: Option<&str>) -> Result<T, NotAMessage> {
    column.and_then(|text| text.parse().ok()).ok_or(NotAMessage)
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
pub(super) async fn count(conn: &mut Conn<'_>) -> Result<i64, StoreError> {
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
pub(super) async fn remove(conn: &mut Conn<'_>, waiting: &Waiting) -> Result<(), StoreError> {
    execute!(conn, "DELETE FROM outbox WHERE id = $1", &waiting.id)?;
    Ok(())
}

/// Sets when a claimed message is tried again.
pub(super) async fn postpone(
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
pub(super) async fn give_up(
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
///
/// # Errors
///
/// The database's.
pub async fn remove_given_up(
    conn: &mut Conn<'_>,
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    execute!(conn, "DELETE FROM outbox WHERE given_up_at < $1", before)
}

/// Removes every message about this person or to one of these addresses, whatever it waits for. Call it
/// while the sign-ups and invitees with these addresses are still there: messages name them by id.
pub async fn remove_about(
    conn: &mut Conn<'_>,
    person: PersonId,
    email_keys: impl IntoIterator<Item = &String>,
) -> Result<(), StoreError> {
    execute!(
        conn,
        "DELETE FROM outbox WHERE subject = $1",
        person.to_string()
    )?;
    for key in email_keys {
        execute!(
            conn,
            "DELETE FROM outbox WHERE LOWER(email) = $1 \
                OR subject IN (SELECT id FROM sign_ups WHERE email_key = $1) \
                OR subject IN (SELECT invitation_id FROM invitees WHERE email_key = $1 \
                     AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.id = invitation_id))",
            key,
        )?;
    }
    Ok(())
}

/// Whether the same waits to be sent again, asked for after `message`; `of` is the address or the subject.
pub(super) async fn newer_waits(
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

/// Makes a message to whoever signed up one to their address.
pub(super) async fn turn_into_activation_again(
    conn: &mut Conn<'_>,
    message: Uuid,
    email: &EmailAddress,
) -> Result<(), StoreError> {
    execute!(
        conn,
        "UPDATE outbox SET kind = $2, email = $3, subject = NULL WHERE id = $1",
        message.to_string(),
        ACTIVATION_AGAIN,
        email.as_str(),
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
            self.message.kind(),
            self.message.email().map(EmailAddress::as_str),
            self.message.subject().map(|id| id.to_string()),
            self.message.establishment().map(Uai::as_str),
            self.at,
        )?;
        Ok(())
    }
}

#[cfg(test)]
impl Waiting {
    /// A row that only its age and attempts matter of.
    pub(super) fn for_test(created_at: DateTime<Utc>, attempts: i64) -> Self {
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
