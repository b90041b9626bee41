//! What people do: one file per use case. Each loads the aggregates that an action touches and lets them
//! decide; what they decided is appended in one transaction.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod add_staff;
pub mod change_roster;
pub mod create_class;
pub mod decide_eligibility;
pub mod delete_class;
pub mod directory_file;
pub mod edit_class;
pub mod erase_staff;
pub mod erase_student;
pub mod follow_invitation;
pub mod import_directory;
pub mod invite_staff;
pub mod once;
pub mod open_school_years;
pub mod register_establishment;
pub mod register_student;
pub mod rejoin_establishment;
pub mod remove_staff;
pub mod replace_head;
pub mod revoke_invitation;
pub mod set_own_class;
pub mod take_seat;

mod error;
mod execute;
#[cfg(test)]
mod given;
#[cfg(test)]
mod histories;
mod loader;
mod reaction;
mod recent_classes;
mod work;

use async_trait::async_trait;
use domain::{actor::Actor, ids::CorrelationId};
use serde::{Serialize, de::DeserializeOwned};
use store::StoreError;

pub use domain::refusal::{Refusal, RosterProblem, RosterReason};
pub use error::{CommandError, Undecided};
pub use execute::Commands;
pub use loader::{Loader, Wanted};
pub use once::Once;
pub use reaction::Reaction;
pub use work::{Held, Loaded, Present, Root, Work};

/// Who gives a command, and as part of what.
#[derive(Clone, Copy, Debug)]
pub struct By {
    pub actor: Actor,
    /// The request or the run that it is part of.
    pub correlation: CorrelationId,
    /// The request, where it is to be carried out once however often it comes.
    pub once: Option<Once>,
}

impl By {
    /// One of several things that a request asks, each done by itself.
    #[must_use]
    pub fn part(self, number: u32) -> Self {
        let once = self.once.map(|once| once.part(number));
        Self { once, ..self }
    }

    /// The command line acts for nobody in particular.
    #[must_use]
    pub fn system(correlation: CorrelationId) -> Self {
        Self {
            actor: Actor::system(),
            correlation,
            once: None,
        }
    }
}

/// One thing that people do.
///
/// Loading and deciding may happen several times: first with classes as they are remembered, then on what
/// the log says.
#[async_trait]
pub trait UseCase: Send + Sync {
    /// What the caller learns when it is done; without personal data, since it is kept for a request that
    /// comes again.
    type Output: Serialize + DeserializeOwned + Send;

    /// All that it decides on, unless what is loaded says what else to [`load`](Self::load).
    fn wanted(&self) -> Wanted {
        Wanted::default()
    }

    /// Loads all that it decides on.
    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        loader.load(self.wanted()).await
    }

    /// Lets the aggregates handle its commands. It changes nothing but the unit of work it is given.
    fn decide(&self, work: &mut Work) -> Result<Self::Output, Undecided>;
}
