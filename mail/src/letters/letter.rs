//! What every letter is.

use askama::DynTemplate;
use domain::values::EmailAddress;
use futures::future::BoxFuture;
use store::StoreError;

use crate::{
    draft::Draft,
    message::{Message, NotAMessage},
};

/// Why a letter cannot be made of a message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Row(#[from] NotAMessage),
}

/// A letter, with what its wording names. Nothing in it is escaped yet.
pub(crate) trait Letter: DynTemplate + Send {
    /// What it is about: no name, as subjects show on locked screens.
    fn subject(&self) -> &'static str;

    /// Who reads it, where it greets them by name.
    fn name(&self) -> Option<&str>;

    /// What opens the page that it leads to, and where that is.
    fn action(&self) -> Option<(&'static str, &str)>;
}

/// A letter, and the address it goes to.
pub(crate) struct Addressed {
    pub(crate) to: EmailAddress,
    pub(crate) letter: Box<dyn Letter>,
}

impl Addressed {
    pub(super) fn new(to: EmailAddress, letter: impl Letter + 'static) -> Self {
        Self {
            to,
            letter: Box::new(letter),
        }
    }
}

/// What becomes of a message when it is made: a letter, or nothing when there is nothing to say any more.
pub(crate) type Made = Result<Option<Addressed>, MakeError>;

/// A kind of message: its name in the database, in logs and in metrics, and what is made of one.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) make: for<'d> fn(&'d mut Draft<'_>, &'d Message) -> BoxFuture<'d, Made>,
}
