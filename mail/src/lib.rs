//! Mail: what to send is written with what causes it, and sent by a worker.
//!
//! Who has an account, which letter is due to whom and the proof that goes in it are told by whoever keeps
//! accounts, through [`WhoIsWho`]: this crate only reads what letters say, and words them.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod delivery;

mod compose;
mod draft;
mod letters;
mod message;
mod outbox;
mod who_is_who;
mod worker;

pub use delivery::{MailUrlError, Transport};
pub use message::Message;
pub use outbox::{Post, Waiting, claim, due, remove_about, remove_given_up};
pub use who_is_who::{Activation, AddressKnown, Due, Invited, PasswordReset, Proof, WhoIsWho};
pub use worker::{Mailer, Pass};
