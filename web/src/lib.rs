//! What the JSON API and the pages share over HTTP: who calls ([`caller`]), what they may do
//! ([`permissions`]), how they come in ([`signing_up`], [`activation`], [`session`], [`password`]), within
//! which limits, what they are told when it goes wrong ([`problem`]), and the [`boundary`] where every request
//! is logged once.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod activation;
pub mod boundary;
pub mod caller;
pub mod eligibility;
pub mod fields;
pub mod headship;
pub mod history;
pub mod instant;
pub mod invitation;
pub mod invitations;
pub mod limits;
pub mod metrics;
pub mod once;
pub mod origin;
pub mod password;
pub mod permissions;
pub mod problem;
pub mod rejoining;
pub mod roster;
pub mod session;
pub mod sign_up_form;
pub mod signing_up;
pub mod turn;

mod client_address;
mod cookie;
mod path_id;
mod serve;

use std::sync::Arc;

use accounts::throttling::Throttle;
use commands::Commands;
use store::{Reader, StoreError};
use url::Url;

use once::UnderWay;

pub use client_address::ClientAddress;
pub use path_id::PathId;
pub use serve::serve;
pub use turn::SignUpRules;

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The write side, with the store and the clock.
    pub commands: Commands,
    /// Where people reach the service, if it was said: decides whether cookies are for HTTPS only,
    /// and which origin is ours.
    pub public_url: Option<Arc<Url>>,
    /// Who may sign up, and when.
    pub sign_up: SignUpRules,
    /// Slows down who asks too much of what anybody may ask.
    pub throttle: Throttle,
    /// The requests that are being carried out and name themselves.
    pub under_way: UnderWay,
}

impl AppState {
    /// What handlers work with.
    #[must_use]
    pub fn new(
        commands: Commands,
        public_url: Option<Url>,
        sign_up: SignUpRules,
        throttle: Throttle,
    ) -> Self {
        Self {
            commands,
            public_url: public_url.map(Arc::new),
            sign_up,
            throttle,
            under_way: UnderWay::default(),
        }
    }

    /// A connection for reading.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        self.commands.store().reader().await
    }
}
