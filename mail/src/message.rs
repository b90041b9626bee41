//! Messages, as the outbox holds them: ids.

use domain::values::{EmailAddress, Uai};
use uuid::Uuid;

/// A message that somebody shall get, as ids: each kind is made by a constructor of its own, in `letters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub(crate) kind: &'static str,
    /// The address it is to, as somebody typed it, where it is to no account.
    pub(crate) email: Option<EmailAddress>,
    /// The person, the sign-up or the invitation that it is about.
    pub(crate) subject: Option<Uuid>,
    pub(crate) establishment: Option<Uai>,
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

/// A row of the outbox that names no message. It does not say what stands there instead: that may be
/// somebody's address.
#[derive(Debug, thiserror::Error)]
#[error("the row names no message")]
pub(crate) struct NotAMessage;
