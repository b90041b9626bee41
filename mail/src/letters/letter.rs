//! What every letter is.

use askama::Template;
use domain::values::EmailAddress;
use futures::future::BoxFuture;
use store::StoreError;

use crate::{
    draft::Draft,
    message::{Message, NotAMessage},
};

/// Why no letter could be made of a message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Row(#[from] NotAMessage),
    /// The wording cannot be filled in.
    #[error(transparent)]
    Wording(#[from] askama::Error),
    /// Mail cannot be sent to this address, which is not said here.
    #[error("an address that mail cannot be sent to")]
    Address,
    /// The headers are not complete.
    #[error(transparent)]
    Mail(#[from] lettre::error::Error),
}

/// What a letter says, between greeting and signature, with what it names. Nothing in it is escaped yet.
pub(crate) trait Wording: Template {
    /// What it is about: no name, as subjects show on locked screens.
    const SUBJECT: &'static str;

    /// What opens the page that it leads to, if it does.
    const ACTION: &'static str = "";
}

/// A letter ready to be sent, and the address it goes to.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) to: EmailAddress,
    pub(crate) subject: &'static str,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// What becomes of a message when it is made: a letter, or nothing when there is nothing to say any more.
pub(crate) type Made = Result<Option<Letter>, MakeError>;

/// A kind of message: its name in the database, in logs and in metrics, and what is made of one.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) make: for<'d> fn(&'d mut Draft<'_>, &'d Message) -> BoxFuture<'d, Made>,
}
