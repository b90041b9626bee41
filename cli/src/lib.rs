//! The binary `monstage`: its command line, its demo, the yearly run. It puts everything together.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod command_line;
pub mod config;
pub mod demo;
pub mod reset;
pub mod sealer;
pub mod upkeep;
