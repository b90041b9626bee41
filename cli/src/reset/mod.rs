//! The yearly reset of many establishments: which are still in an earlier year, and the new year opened in
//! them, each in one piece, many at a time.

mod plan;

use std::{
    cell::Cell,
    collections::HashMap,
    future::{Future, pending},
    pin::pin,
    time::Duration,
};

use commands::{
    By, CommandError, Commands, Refusal,
    open_school_years::{OpenSchoolYears, Opened},
};
use domain::{
    ids::CorrelationId,
    values::{SchoolYear, Uai},
};
use futures::{
    StreamExt as _,
    future::{ready, select},
    stream,
};
use projections::{last_year::Behind, resets};
use store::StoreError;
use tokio::time::{sleep, timeout};

pub use plan::{PlanError, Scope, plan};

/// How many events a transaction appends, more or less: enough for its commit not to matter, few enough
/// for staff not to notice that they wait for it.
pub const EVENTS_AT_ONCE: u64 = 2_000;

/// How many transactions are prepared or written at the same moment.
const AT_ONCE: usize = 3;

/// How often an establishment is tried alone.
const ATTEMPTS: u32 = 5;

/// How long the first of these attempts keeps everybody waiting, at most, for others to let go of the log;
/// each further one twice as long, after as long a pause in which those who waited come first. The last is
/// long enough for PostgreSQL to give up its own housekeeping (`deadlock_timeout`).
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a database that went away may take to say what it did last.
const LAST_WORD: Duration = Duration::from_secs(10);

/// What came of one establishment.
#[derive(Debug)]
pub enum Outcome {
    /// The year was opened there.
    Opened(Opened),
    /// Another run opened it meanwhile.
    AlreadyOpen,
    /// It is as it was.
    Failed(CommandError),
    /// The database went away before it said whether the year was opened, and did not say it since.
    Unknown,
}

/// A run, and what its events have in common.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Who answers for it, and its number.
    pub by: By,
    pub school_year: SchoolYear,
    /// How many events one transaction appends, more or less: [`EVENTS_AT_ONCE`].
    pub events_at_once: u64,
}

/// What came of some establishments.
type Outcomes<'b> = Vec<(&'b Behind, Outcome)>;

/// Opens the year in these establishments, and tells what came of each. Establishments that nothing was
/// told of are as they were: after `stop` is ready, or where the database is out of service, none is begun
/// any more, and what is under way ends.
pub async fn run(
    commands: &Commands,
    opening: &Opening,
    behind: &[Behind],
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(&Uai, Outcome),
) {
    let run = Run {
        commands,
        opening,
        over: Cell::new(false),
    };
    let mut unknown = Vec::new();
    let work = async {
        let mut opened = stream::iter(batches(behind, opening.events_at_once))
            .take_while(|_| ready(!run.over.get()))
            .map(|batch| run.open(batch))
            .buffer_unordered(AT_ONCE)
            .boxed_local();
        while let Some(outcomes) = opened.next().await {
            for (it, outcome) in outcomes {
                match outcome {
                    Outcome::Unknown => unknown.push(it),
                    outcome => tell(&it.uai, outcome),
                }
            }
        }
    };
    let stopped = async {
        stop.await;
        run.over.set(true);
        pending::<()>().await;
    };
    select(pin!(stopped), pin!(work)).await;
    let mut done = run.done_all_the_same(&unknown).await;
    for Behind { uai, .. } in unknown {
        let outcome = done.remove(uai);
        tell(uai, outcome.map_or(Outcome::Unknown, Outcome::Opened));
    }
}

/// Establishments that go into one transaction.
fn batches(mut behind: &[Behind], events_at_once: u64) -> Vec<&[Behind]> {
    let mut batches = Vec::new();
    while !behind.is_empty() {
        let mut events = 0;
        let full = behind.iter().position(|it| {
            events += 1 + it.classes + it.students;
            events >= events_at_once
        });
        let (batch, rest) = behind.split_at(full.map_or(behind.len(), |last| last + 1));
        batches.push(batch);
        behind = rest;
    }
    batches
}

struct Run<'r> {
    commands: &'r Commands,
    opening: &'r Opening,
    /// Nothing is begun any more.
    over: Cell<bool>,
}

impl Run<'_> {
    /// All of them together; where somebody acts in one of them meanwhile, or one cannot be read, each alone.
    async fn open<'b>(&self, batch: &'b [Behind]) -> Outcomes<'b> {
        let together = self.use_case(batch);
        let by = &self.opening.by;
        match self.commands.execute_once(by, &together).await {
            Err(error) if !error.is_outage() => {
                let mut outcomes = Vec::with_capacity(batch.len());
                for one in batch.chunks(1) {
                    if self.over.get() {
                        break;
                    }
                    outcomes.extend(self.outcomes(one, self.open_alone(one).await));
                }
                outcomes
            }
            opened => self.outcomes(batch, opened),
        }
    }

    async fn open_alone(&self, one: &[Behind]) -> Result<Vec<Opened>, CommandError> {
        let alone = self.use_case(one);
        let by = &self.opening.by;
        for attempt in 0..ATTEMPTS {
            let patience = PATIENCE * 2_u32.pow(attempt);
            let opened = self.commands.execute_alone(by, &alone, patience);
            match opened.await {
                // Others kept the log from being locked, or PostgreSQL broke a circle of those who wait.
                Err(CommandError::DecideAgain) => sleep(patience).await,
                opened => return opened,
            }
        }
        Err(Refusal::Busy.into())
    }

    fn use_case(&self, batch: &[Behind]) -> OpenSchoolYears {
        OpenSchoolYears {
            establishments: batch.iter().map(|it| it.uai.clone()).collect(),
            school_year: self.opening.school_year,
        }
    }

    /// What came of a transaction. A database that is out of service is not asked again for each
    /// establishment; a stream that cannot be read keeps no other from being opened.
    fn outcomes<'b>(
        &self,
        batch: &'b [Behind],
        opened: Result<Vec<Opened>, CommandError>,
    ) -> Outcomes<'b> {
        let mut opened = match opened {
            Ok(opened) => opened.into_iter().peekable(),
            Err(error) => {
                self.over.set(self.over.get() || error.is_outage());
                let unknown = matches!(error, CommandError::Store(StoreError::Commit(_)));
                return if unknown {
                    batch.iter().map(|it| (it, Outcome::Unknown)).collect()
                } else {
                    vec![(&batch[0], Outcome::Failed(error))]
                };
            }
        };
        let mut outcome = |it: &Behind| match opened.next_if(|next| next.establishment == it.uai) {
            Some(opened) => Outcome::Opened(opened),
            None => Outcome::AlreadyOpen,
        };
        batch.iter().map(|it| (it, outcome(it))).collect()
    }

    /// Those of them where the run opened the year: what the database says of a commit that it did not answer.
    async fn done_all_the_same(&self, unknown: &[&Behind]) -> HashMap<Uai, Opened> {
        let asked = async {
            loop {
                match self.done(unknown).await {
                    Ok(done) => break done,
                    Err(_) => sleep(PATIENCE).await,
                }
            }
        };
        timeout(LAST_WORD, asked).await.unwrap_or_default()
    }

    async fn done(&self, unknown: &[&Behind]) -> Result<HashMap<Uai, Opened>, StoreError> {
        if unknown.is_empty() {
            return Ok(HashMap::new());
        }
        let run = self.opening.by.correlation;
        let asked: Vec<(CorrelationId, Uai)> =
            unknown.iter().map(|it| (run, it.uai.clone())).collect();
        let mut reader = self.commands.store().reader().await?;
        let mut parts = resets::parts(&mut reader.conn(), &asked).await?;
        let opened = unknown.iter().zip(asked).filter_map(|(it, asked)| {
            let parts = parts.remove(&asked)?;
            let opened = Opened {
                establishment: it.uai.clone(),
                classes: parts.classes,
                students: parts.students,
                invitations: it.invitations,
            };
            Some((it.uai.clone(), opened))
        });
        Ok(opened.collect())
    }
}
