//! Accounts, sign-ups, tokens and sessions: ordinary tables, since secrets never enter the log. That
//! somebody joined an establishment is an event; that they know a password is not.

pub mod invitees;
pub mod joining;
pub mod password;
pub mod proofs;
pub mod sessions;
pub mod sign_ins;
pub mod sign_ups;

mod account;
mod token;

pub use account::{
    Account, Close, Credentials, Known, NewAccount, NewPassword, Return, address_keys, credentials,
    find, get, hold, known,
};
pub use token::{Token, TokenHash};
