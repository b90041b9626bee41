//! Who is who: accounts, sign-ups, invitees, tokens and sessions, in ordinary tables, since secrets never
//! enter the log. That somebody joined an establishment is an event; that they know a password is not.
//!
//! One file per table, which alone has the SQL that writes it; then what people do with them: joining,
//! erasing, and what follows from time alone.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod account;
pub mod asking;
pub mod choosing_password;
pub mod erasing;
pub mod headship;
pub mod invitee;
pub mod inviting;
pub mod joining;
pub mod password;
pub mod person;
pub mod session;
pub mod sign_in;
pub mod sign_up;
pub mod signing_in;
pub mod signing_up;
pub mod throttling;
pub mod tidying;
pub mod token;

mod announcements;
mod letters;
mod row;
mod secret;

pub use account::Account;
pub use letters::Letters;
pub use secret::{Token, TokenHash};

use commands::Reaction;

/// What follows from events outside the log, wherever the service acts for people.
#[must_use]
pub fn reactions() -> Vec<Box<dyn Reaction>> {
    vec![
        Box::new(session::EndWithStaff),
        Box::new(invitee::ForgetEnded),
        Box::new(announcements::Announcements),
    ]
}
