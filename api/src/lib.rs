//! The service around the rules: JSON API, accounts and sessions, command line.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod accounts;
pub mod cli;
pub mod config;
pub mod demo;
pub mod erasure;
mod export;
pub mod housekeeping;
pub mod http;
pub mod instant;
pub mod mail;
pub mod reset;
pub mod sealer;
