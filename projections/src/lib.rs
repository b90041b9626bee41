//! What people read: one file per read model, with its table, its `apply` and its queries.
//!
//! Every row here follows from the log alone, except names and birth dates: those are joined from
//! the `people` table when somebody reads, so that an erased person is gone from every list.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod as_of;
pub mod classes;
pub mod directory;
pub mod erasures;
pub mod figures;
pub mod history;
pub mod invitations;
pub mod last_year;
pub mod resets;
pub mod roster;
pub mod staff;
pub mod verify;

pub mod rebuild;

mod after;
mod order;
mod replay;
#[cfg(test)]
mod testing;

use domain::values::Uai;
use store::Projection;

pub use after::After;

/// Where somebody is or was.
#[derive(sqlx::FromRow)]
pub(crate) struct Place {
    #[sqlx(try_from = "String")]
    pub(crate) establishment: Uai,
}

/// Every read model that changes in the transaction of the events.
#[must_use]
pub fn all() -> Vec<Box<dyn Projection>> {
    vec![
        Box::new(directory::Directory),
        Box::new(classes::Classes),
        Box::new(roster::Roster),
        Box::new(staff::Staff),
        Box::new(invitations::Invitations),
        Box::new(resets::Resets),
    ]
}
