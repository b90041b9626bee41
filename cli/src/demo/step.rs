//! One step of the set-up: use cases, and who they make known, in one transaction. A hundred pupils
//! sign up in one commit, not in a hundred.

use accounts::{
    account::NewAccount,
    password,
    person::{NewPeople, Person},
};
use async_trait::async_trait;
use commands::{By, Commands, Loader, Undecided, UseCase, Work};
use domain::values::{EmailAddress, Role};
use store::{StoreError, Write};
use tokio::task::JoinSet;

use super::{DemoError, PASSWORD};

/// Somebody whom a step makes known.
pub(super) struct Newcomer {
    pub(super) person: Person,
    pub(super) role: Role,
    /// What they sign in with, if they have an account.
    pub(super) email: Option<EmailAddress>,
}

/// Executes a step; an empty one is nothing to do.
pub(super) async fn execute<U: UseCase>(
    commands: &Commands,
    by: &By,
    use_cases: Vec<U>,
    newcomers: Vec<Newcomer>,
) -> Result<(), DemoError> {
    if use_cases.is_empty() && newcomers.is_empty() {
        return Ok(());
    }
    let accounts = accounts(commands, &newcomers).await?;
    let people = NewPeople(
        newcomers
            .into_iter()
            .map(|newcomer| newcomer.person)
            .collect(),
    );
    let mut writes: Vec<&dyn Write> = vec![&people];
    writes.extend(accounts.iter().map(|account| account as &dyn Write));
    Ok(commands
        .execute_with(by, &Together(use_cases), &writes)
        .await?)
}

/// The accounts of those who have one, each with its own hash of the common password. All cores
/// hash at once.
async fn accounts(
    commands: &Commands,
    newcomers: &[Newcomer],
) -> Result<Vec<NewAccount>, DemoError> {
    let now = commands.clock().now();
    let mut hashing = JoinSet::new();
    for newcomer in newcomers {
        let Some(email) = newcomer.email.clone() else {
            continue;
        };
        let (id, role) = (newcomer.person.id, newcomer.role);
        let hash = password::hash(PASSWORD, commands.clock());
        hashing.spawn(async move {
            Ok(NewAccount {
                id,
                email,
                role,
                password_hash: hash.await?,
                created_at: now,
            })
        });
    }
    hashing.join_all().await.into_iter().collect()
}

/// Executes each in turn, on what those before it decided; all of them, or none.
struct Together<U>(Vec<U>);

#[async_trait]
impl<U: UseCase> UseCase for Together<U> {
    type Output = ();

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        for use_case in &self.0 {
            use_case.load(loader).await?;
        }
        Ok(())
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        for use_case in &self.0 {
            use_case.decide(work)?;
        }
        Ok(())
    }
}
