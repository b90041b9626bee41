//! From a use case to its events in the log.

use std::sync::Arc;
use std::time::Duration;

use domain::{actor::Metadata, ids::CommandId};
use futures::future::BoxFuture;
use store::{Clock, Store, StoreError, Write, Writer};

use crate::{
    By, CommandError, Loader, Once, Reaction, Refusal, Undecided, UseCase, Work,
    recent_classes::{RecentClasses, Remembered},
};

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
    reactions: Arc<[Box<dyn Reaction>]>,
    recent: Arc<RecentClasses>,
}

impl Commands {
    /// The write side on this store, with this source of time and chance, and what follows from events.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, reactions: Vec<Box<dyn Reaction>>) -> Self {
        Self {
            store,
            clock,
            reactions: reactions.into(),
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
    pub async fn execute<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
    ) -> Result<U::Output, CommandError> {
        self.execute_with(by, use_case, &[]).await
    }

    /// Executes a use case together with rows that do not follow from its events: personal data,
    /// an account. They are written even when the use case has nothing to append; not when the request was
    /// carried out before.
    pub async fn execute_with<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
        writes: &[&dyn Write],
    ) -> Result<U::Output, CommandError> {
        let mut case = Kept::of(use_case);
        match self.persist(self.action(by, writes), &mut case).await {
            Ok(()) => case.output(),
            Err(error) => self.done_or(by.once, error).await,
        }
    }

    /// Executes a use case on so much that it is not decided again by itself: that is the caller's, at
    /// [`CommandError::DecideAgain`].
    pub async fn execute_once<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
    ) -> Result<U::Output, CommandError> {
        let mut case = Kept::of(use_case);
        self.attempt(self.action(by, &[]), &mut case).await?;
        case.output()
    }

    /// The same while everybody else waits: whatever they are doing, nothing is to be decided again, unless
    /// it keeps the log from being locked for longer than `patience`.
    pub async fn execute_alone<U: UseCase>(
        &self,
        by: &By,
        use_case: &U,
        patience: Duration,
    ) -> Result<U::Output, CommandError> {
        let log = self.store.writer_alone(patience).await?;
        let mut case = Kept::of(use_case);
        self.decide_and_append(log, self.action(by, &[]), &mut case)
            .await?;
        case.output()
    }

    fn action<'a>(&self, by: &By, writes: &'a [&'a dyn Write]) -> Action<'a> {
        let metadata = Metadata {
            command: CommandId::new(self.clock.new_uuid()),
            correlation: by.correlation,
            actor: by.actor,
        };
        Action {
            metadata,
            once: by.once,
            writes,
        }
    }

    /// Attempts it until it is done or refused.
    fn persist<'a>(
        &'a self,
        action: Action<'a>,
        case: &'a mut dyn Case,
    ) -> BoxFuture<'a, Result<(), CommandError>> {
        Box::pin(async move {
            if self.attempt_from_memory(action, case).await? {
                return Ok(());
            }
            for attempt in 1..MAX_ATTEMPTS {
                match self.attempt(action, case).await {
                    Err(error) if error.is_transient() => {
                        tracing::debug!(attempt, %error, "deciding again");
                        let random = self.clock.new_uuid().as_u128();
                        tokio::time::sleep(pause(attempt, random)).await;
                    }
                    outcome => return outcome,
                }
            }
            match self.attempt(action, case).await {
                Err(CommandError::DecideAgain) => Err(Refusal::Busy.into()),
                outcome => outcome,
            }
        })
    }

    /// A first attempt, with what is remembered of the classes. Its outcome counts when it owes
    /// nothing to memory, or when the append proved memory right; otherwise it is as if it was never made.
    async fn attempt_from_memory(
        &self,
        action: Action<'_>,
        case: &mut dyn Case,
    ) -> Result<bool, CommandError> {
        let mut log = self.store.writer().await?;
        self.recent.now_of(self.store.incarnation());
        let mut loader = Loader::new(&mut log, Some(&self.recent));
        let outcome = case.load(&mut loader).await;
        let (mut work, remembered) = loader.into_work();
        let decided = match outcome {
            Ok(()) => case.decide(&mut work).map_err(CommandError::from),
            Err(error) => Err(error.into()),
        };
        let appended = match decided {
            Ok(()) if !work.has_decided_on(&remembered) => return Ok(false),
            Ok(()) => self.append(log, work, action, case).await,
            Err(error) => Err(error),
        };
        match appended {
            Ok(()) => Ok(true),
            Err(error @ CommandError::Store(StoreError::Commit(_))) => Err(error),
            Err(error) if error.is_transient() || !remembered.is_empty() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn attempt(&self, action: Action<'_>, case: &mut dyn Case) -> Result<(), CommandError> {
        let log = self.store.writer().await?;
        self.decide_and_append(log, action, case).await
    }

    fn decide_and_append<'a>(
        &'a self,
        mut log: Writer,
        action: Action<'a>,
        case: &'a mut dyn Case,
    ) -> BoxFuture<'a, Result<(), CommandError>> {
        Box::pin(async move {
            let mut loader = Loader::new(&mut log, None);
            case.load(&mut loader).await?;
            let (mut work, _) = loader.into_work();
            case.decide(&mut work)?;
            self.append(log, work, action, case).await
        })
    }

    async fn append(
        &self,
        log: Writer,
        mut work: Work,
        action: Action<'_>,
        case: &mut dyn Case,
    ) -> Result<(), CommandError> {
        let now = self.clock.now();
        let mut append = work.take_decided(action.metadata, now);
        if let Some(once) = action.once {
            append.rows.push(once.row(case.output_json()?, now));
        }
        if append.events.is_empty() && append.rows.is_empty() && action.writes.is_empty() {
            return Ok(());
        }
        let consequences: Vec<Box<dyn Write>> = self
            .reactions
            .iter()
            .flat_map(|reaction| reaction.react(&append.events, self.clock()))
            .collect();
        let consequences = consequences.iter().map(AsRef::as_ref);
        let writes = action.writes.iter().copied();
        let writes: Vec<&dyn Write> = writes.chain(consequences).collect();
        let appended = log.append(&mut append, &writes).await;
        for (class, loaded) in work.classes {
            if appended.is_ok() {
                let (version, state) = (loaded.version, loaded.state);
                self.recent.remember(class, Remembered { version, state });
            } else {
                self.recent.forget(class);
            }
        }
        Ok(appended?)
    }
}

/// What an action has beside what it decides.
#[derive(Clone, Copy)]
struct Action<'a> {
    metadata: Metadata,
    once: Option<Once>,
    /// Rows that go with it and do not follow from its events.
    writes: &'a [&'a dyn Write],
}

/// A use case without its output: what executes one is compiled once, here, and not for each and in each crate
/// that has one executed.
trait Case: Send {
    fn load<'a>(&'a mut self, loader: &'a mut Loader<'_>) -> BoxFuture<'a, Result<(), StoreError>>;

    fn decide(&mut self, work: &mut Work) -> Result<(), Undecided>;

    /// The output of what was decided last.
    fn output_json(&self) -> Result<String, StoreError>;
}

/// A use case, with its output once it was decided.
struct Kept<'u, U: UseCase> {
    use_case: &'u U,
    output: Option<U::Output>,
}

impl<'u, U: UseCase> Kept<'u, U> {
    fn of(use_case: &'u U) -> Self {
        Self {
            use_case,
            output: None,
        }
    }

    /// What was decided last, which is what was appended.
    fn output(self) -> Result<U::Output, CommandError> {
        self.output.ok_or(CommandError::DecideAgain)
    }
}

impl<U: UseCase> Case for Kept<'_, U> {
    fn load<'a>(&'a mut self, loader: &'a mut Loader<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        self.use_case.load(loader)
    }

    fn decide(&mut self, work: &mut Work) -> Result<(), Undecided> {
        self.output = Some(self.use_case.decide(work)?);
        Ok(())
    }

    fn output_json(&self) -> Result<String, StoreError> {
        Ok(serde_json::to_string(&self.output)?)
    }
}

/// How long to wait after an attempt: longer each time, and never the same for two that collide; some
/// milliseconds at first, a second for all attempts together.
fn pause(attempt: u32, random: u128) -> Duration {
    let longest = Duration::from_millis(u64::from(attempt).pow(2)).min(LONGEST_WAIT);
    let micros = random % longest.as_micros();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests;
