//! Accounts and sessions: ordinary tables, since secrets never enter the log. That somebody joined an
//! establishment is an event; that they know a password is not.

pub mod password;
pub mod sessions;

mod account;

pub use account::{Account, Credentials, NewAccount, credentials, get};
