//! What somebody did in the story of the demo.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use commands::{By, CommandError, Commands, UseCase};
use domain::{
    actor::Actor,
    ids::{CorrelationId, PersonId},
    values::{EmailAddress, Role},
};
use store::Write;

/// One action: a use case, executed by whom it would be.
pub(super) struct Act {
    /// The same in every run, so that one finds what an earlier one did.
    pub(super) id: CorrelationId,
    pub(super) at: DateTime<Utc>,
    pub(super) actor: Actor,
    pub(super) deed: Box<dyn Deed>,
    /// What goes with it that no event says: names, an address.
    pub(super) rows: Vec<Box<dyn Write>>,
    /// An account that comes of it.
    pub(super) account: Option<AccountPlan>,
}

/// Somebody who can sign in.
#[derive(Clone)]
pub(super) struct AccountPlan {
    pub(super) id: PersonId,
    pub(super) role: Role,
    pub(super) email: EmailAddress,
}

/// What is done: any use case.
#[async_trait]
pub(super) trait Deed: Send + Sync {
    async fn execute(
        &self,
        commands: &Commands,
        by: &By,
        writes: &[&dyn Write],
    ) -> Result<(), CommandError>;
}

#[async_trait]
impl<U: UseCase> Deed for U {
    async fn execute(
        &self,
        commands: &Commands,
        by: &By,
        writes: &[&dyn Write],
    ) -> Result<(), CommandError> {
        commands.execute_with(by, self, writes).await.map(drop)
    }
}
