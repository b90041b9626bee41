//! What people do: one file per use case. Each loads the aggregates that an action touches, lets them
//! decide, and appends what they decided in one transaction.

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
mod recent_classes;
mod unit_of_work;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{
    actor::{Actor, Metadata},
    ids::{CommandId, CorrelationId},
};
use store::{Clock, Store, StoreError, Write, Writer};

pub use error::{CommandError, Refusal, RosterProblem, RosterReason};
pub use unit_of_work::{Held, Loaded, Present, Root, UnitOfWork, Wanted};

use recent_classes::RecentClasses;

/// How often an action is decided again when others changed the same streams meanwhile. Thirty pupils
/// who join one class at the same moment need some twenty at most; more means that something else is
/// wrong.
const MAX_ATTEMPTS: u32 = 40;

/// How long the longest wait between two attempts is at most.
const LONGEST_WAIT: Duration = Duration::from_millis(64);

/// The write side: executes use cases on a store.
#[derive(Clone)]
pub struct Commands {
    store: Store,
    clock: Arc<dyn Clock>,
    recent: Arc<RecentClasses>,
}

/// Who gives a command, and as part of what.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// The request or the run that it is part of.
    pub correlation: CorrelationId,
}

impl By {
    /// The command line acts for nobody in particular.
    #[must_use]
    pub fn system(correlation: CorrelationId) -> Self {
        Self {
            actor: Actor::system(),
            correlation,
        }
    }
}

/// One thing that people do.
///
/// `decide` may be called several times: first with classes as they are remembered, then on what the
/// log says. It changes nothing but the unit of work it is given.
#[async_trait]
pub trait UseCase: Send + Sync {
    /// What the caller learns when it is done.
    type Output: Send;

    /// Loads what it needs, and lets the aggregates handle its commands.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when a rule refuses; nothing is then appended.
    async fn decide(&self, work: &mut UnitOfWork) -> Result<Self::Output, CommandError>;
}

impl Commands {
    /// The write side on this store, with this source of time and chance.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            recent: Arc::new(RecentClasses::new()),
        }
    }

    /// The store it works on.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its source of time, chance and ids.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Executes a use case: all of it happens, or nothing.
    ///
    /// # Errors
    ///
    /// The refusal, decided on fresh state; or the database's error.
    pub async fn execute<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
    ) -> Result<U::Output, CommandError> {
        self.execute_with(by, use_case, &[]).await
    }

    /// Executes a use case together with rows that do not follow from its events: personal data,
    /// an account. They are written even when the use case has nothing to append.
    ///
    /// # Errors
    ///
    /// As [`Commands::execute`].
    pub async fn execute_with<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
        writes: &[&dyn Write],
    ) -> Result<U::Output, CommandError> {
        let metadata = self.metadata(by);
        if let Some(output) = self.attempt_from_memory(metadata, use_case, writes).await? {
            return Ok(output);
        }
        for attempt in 1.. {
            match self.attempt(metadata, use_case, writes).await {
                Err(CommandError::Store(error))
                    if error.is_transient() && attempt < MAX_ATTEMPTS =>
                {
                    tracing::debug!(attempt, %error, "deciding again");
                    self.wait(attempt).await;
                }
                Err(CommandError::Store(StoreError::Conflict)) => {
                    return Err(Refusal::Busy.into());
                }
                outcome => return outcome,
            }
        }
        Err(Refusal::Busy.into())
    }

    /// Executes a use case on so much that it is not decided again by itself: a conflict is the caller's.
    /// What it appends, if anything, is checked in the same transaction.
    ///
    /// # Errors
    ///
    /// As [`Commands::execute`]; [`StoreError::Conflict`]; and those of `check`.
    pub async fn execute_once<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
        check: &dyn Write,
    ) -> Result<U::Output, CommandError> {
        self.attempt_once(self.store.writer().await?, by, use_case, check)
            .await
    }

    /// The same while everybody else waits: whatever they are doing, there is no conflict, unless it keeps
    /// the log from being locked for longer than `patience`.
    ///
    /// # Errors
    ///
    /// As [`Commands::execute_once`].
    pub async fn execute_alone<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
        check: &dyn Write,
        patience: Duration,
    ) -> Result<U::Output, CommandError> {
        let writer = self.store.writer_alone(patience).await?;
        self.attempt_once(writer, by, use_case, check).await
    }

    async fn attempt_once<U: UseCase>(
        &self,
        writer: Writer,
        by: &By,
        use_case: &U,
        check: &dyn Write,
    ) -> Result<U::Output, CommandError> {
        let mut work = UnitOfWork::new(writer, None);
        let output = use_case.decide(&mut work).await?;
        let checks: &[&dyn Write] = if work.decided() { &[check] } else { &[] };
        self.append(work, self.metadata(by), checks).await?;
        Ok(output)
    }

    fn metadata(&self, by: &By) -> Metadata {
        Metadata {
            command: CommandId::new(self.clock.new_uuid()),
            correlation: by.correlation,
            actor: by.actor,
        }
    }

    /// A first attempt, with what is remembered of the classes. Its outcome counts when it owes
    /// nothing to memory, or when the append proved memory right; otherwise there is none.
    async fn attempt_from_memory<U: UseCase>(
        &self,
        metadata: Metadata,
        use_case: &U,
        writes: &[&dyn Write],
    ) -> Result<Option<U::Output>, CommandError> {
        let recent = Some(Arc::clone(&self.recent));
        let mut work = UnitOfWork::new(self.store.writer().await?, recent);
        let decided = use_case.decide(&mut work).await;
        let used_memory = work.used_memory();
        match decided {
            Ok(output) if work.proves_memory() => match self.append(work, metadata, writes).await {
                Ok(()) => Ok(Some(output)),
                Err(error @ CommandError::Store(StoreError::Commit(_))) => Err(error),
                Err(CommandError::Store(error)) if error.is_transient() => Ok(None),
                Err(_) if used_memory => Ok(None),
                Err(error) => Err(error),
            },
            Err(CommandError::Store(error)) if error.is_transient() => Ok(None),
            Err(error) if !used_memory => Err(error),
            _ => Ok(None),
        }
    }

    async fn attempt<U: UseCase>(
        &self,
        metadata: Metadata,
        use_case: &U,
        writes: &[&dyn Write],
    ) -> Result<U::Output, CommandError> {
        let mut work = UnitOfWork::new(self.store.writer().await?, None);
        let output = use_case.decide(&mut work).await?;
        self.append(work, metadata, writes).await?;
        Ok(output)
    }

    async fn append(
        &self,
        work: UnitOfWork,
        metadata: Metadata,
        writes: &[&dyn Write],
    ) -> Result<(), CommandError> {
        let (connection, mut append, classes) = work.into_append(metadata, self.clock.now());
        if append.events.is_empty() && writes.is_empty() {
            return Ok(());
        }
        match connection.append(&mut append, writes).await {
            Ok(()) => {
                for (class, state) in classes {
                    self.recent.remember(class, state);
                }
                Ok(())
            }
            Err(error) => {
                for (class, _) in classes {
                    self.recent.forget(class);
                }
                Err(error.into())
            }
        }
    }

    /// Longer each time, and never the same for two that collide: some milliseconds at first, a
    /// second for all attempts together.
    async fn wait(&self, attempt: u32) {
        let longest = Duration::from_millis(1) * attempt * attempt;
        let longest = longest.min(LONGEST_WAIT).as_micros();
        let micros = self.clock.new_uuid().as_u128() % longest;
        tokio::time::sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0))).await;
    }
}
