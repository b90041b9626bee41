//! Mail: what to send is written with what causes it, and sent by a worker.

mod compose;
mod letter;
mod outbox;
mod smtp;
#[cfg(test)]
mod tests;
mod transport;
mod worker;

pub(crate) use outbox::remove_about;
pub use outbox::{Message, Post, remove_given_up};
pub use transport::{About, MailUrlError, Transport};
pub use worker::Mailer;
