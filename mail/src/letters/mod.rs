//! What people read: a file per letter, with the kind of message that asks for it, what it is made from when
//! it is sent, its wording (in `templates/mail/`), its subject, and samples of it.

mod activation;
mod address_known;
mod head_activated;
mod invitation;
mod layout;
mod password_reset;
mod staff_joined;
mod student_rejected;
#[cfg(test)]
mod tests;

use askama::DynTemplate;
use domain::values::EmailAddress;
use futures::future::BoxFuture;

pub(crate) use layout::{Rendered, render};

use crate::{compose::ComposeError, draft::Draft, outbox::Message, who_is_who::Due};

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
    fn new(to: EmailAddress, letter: impl Letter + 'static) -> Self {
        Self {
            to,
            letter: Box::new(letter),
        }
    }
}

/// What becomes of a message when it is made: a letter, or nothing when there is nothing to say any more.
type Made = Result<Option<Addressed>, ComposeError>;

/// A kind of message: its name in the database, in logs and in metrics, and what is made of one.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) make: for<'d> fn(&'d mut Draft<'_>, &'d Message) -> BoxFuture<'d, Made>,
}

/// Every kind that there is.
pub(crate) const KINDS: [Kind; 7] = [
    activation::SIGNED_UP,
    activation::AGAIN,
    password_reset::KIND,
    invitation::KIND,
    staff_joined::KIND,
    head_activated::KIND,
    student_rejected::KIND,
];

/// The letter about an account that is due.
async fn about_account(draft: &mut Draft<'_>, due: Option<Due>) -> Made {
    Ok(match due {
        None => None,
        Some(Due::Activation(due)) => Some(activation::letter(draft, due).await?),
        Some(Due::AddressKnown(due)) => Some(address_known::letter(draft, due)),
        Some(Due::PasswordReset(due)) => Some(password_reset::letter(draft, due).await?),
    })
}
