//! The rules of "Mon stage de troisième" for school staff: ids, values, aggregates and their events.
//!
//! Nothing here knows SQL, HTTP, the clock or randomness: ids, dates and actors are passed in, so
//! that the same commands on the same history always decide the same.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod actor;
mod aggregate;
pub mod class;
pub mod establishment;
pub mod event;
pub mod fold;
pub mod ids;
pub mod refusal;
pub mod student;
pub mod upcast;
pub mod values;
