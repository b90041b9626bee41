//! The yearly reset of many establishments: which are still in an earlier year, and the new year opened in
//! them, each in one piece, many at a time.

use std::{cell::Cell, future::Future};

use chrono::NaiveDate;
use commands::{
    By, CommandError, Commands, Refusal,
    open_school_years::{OpenSchoolYears, Opened},
};
use domain::{
    fold::fold,
    values::{SchoolYear, Uai},
};
use futures::{StreamExt as _, future::ready, stream};
use projections::{
    directory,
    last_year::{self, Behind, NobodyLeft},
};
use store::{Conn, StoreError};

/// How many events a transaction appends, more or less: enough for its commit not to matter, few enough
/// for staff not to notice that they wait for it.
const EVENTS_AT_ONCE: u64 = 2_000;

/// How many transactions are prepared or written at the same moment.
const AT_ONCE: usize = 3;

/// How often an establishment is tried alone.
const ATTEMPTS: u32 = 5;

/// What a reset is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The year to open.
    pub school_year: SchoolYear,
    /// Only in this academy, as the directory names it, case and accents aside.
    pub academy: Option<String>,
    /// Only in these establishments; without any, in all.
    pub establishments: Vec<Uai>,
}

/// Why a reset is not begun. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The year is over: `running` is under way.
    #[error("the school year {running} is under way")]
    Past {
        /// The year that today is in.
        running: SchoolYear,
    },
    /// The year is not the next one either.
    #[error("the school year {running} is under way, and the next one is {next}")]
    TooFar {
        /// The year that today is in.
        running: SchoolYear,
        /// The one after it.
        next: SchoolYear,
    },
    /// The next year is asked for where the one under way was not opened yet.
    #[error("{establishments} establishments are not in the school year {running} yet")]
    NotYet {
        /// How many.
        establishments: usize,
        /// The year that today is in.
        running: SchoolYear,
    },
    /// The directory names no such academy.
    #[error("no such academy: {asked}")]
    Academy {
        /// What was asked for.
        asked: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The directory has no such establishment.
    #[error("no such establishment: {0}")]
    Establishment(Uai),
    /// The database's error.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of one establishment.
#[derive(Debug)]
pub enum Outcome {
    /// The year was opened there.
    Opened(Opened),
    /// Another run opened it meanwhile.
    AlreadyOpen,
    /// It is as it was.
    Failed(CommandError),
}

/// The establishments that a reset is about: those in an earlier year.
///
/// The year must be the one under way, for those that were left out so far, or the next one.
///
/// # Errors
///
/// [`PlanError`], with what would be right.
pub async fn plan(
    conn: &mut Conn<'_>,
    scope: &Scope,
    today: NaiveDate,
) -> Result<Vec<Behind>, PlanError> {
    let running = running(scope.school_year, today)?;
    let academy = academy(conn, scope.academy.as_deref()).await?;
    for uai in &scope.establishments {
        if directory::get(conn, uai).await?.is_none() {
            return Err(PlanError::Establishment(uai.clone()));
        }
    }
    let mut behind = last_year::behind(conn, scope.school_year).await?;
    behind.retain(|it| {
        let there = academy.is_none() || it.academy == academy;
        there && (scope.establishments.is_empty() || scope.establishments.contains(&it.uai))
    });
    let not_yet = behind.iter().filter(|it| it.school_year < running).count();
    if scope.school_year > running && not_yet > 0 {
        return Err(PlanError::NotYet {
            establishments: not_yet,
            running,
        });
    }
    Ok(behind)
}

/// The year that today is in, when the one asked for is that or the next.
fn running(asked: SchoolYear, today: NaiveDate) -> Result<SchoolYear, PlanError> {
    // Today is in the years that this service knows; if ever not, so is what is asked.
    let running = SchoolYear::containing(today).unwrap_or(asked);
    if asked < running {
        return Err(PlanError::Past { running });
    }
    match SchoolYear::starting(running.year() + 1) {
        Ok(next) if asked > next => Err(PlanError::TooFar { running, next }),
        _ => Ok(running),
    }
}

/// The academy as the directory names it.
async fn academy(conn: &mut Conn<'_>, asked: Option<&str>) -> Result<Option<String>, PlanError> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let known = last_year::academies(conn).await?;
    match known.iter().find(|known| fold(known) == fold(asked)) {
        Some(academy) => Ok(Some(academy.clone())),
        None => Err(PlanError::Academy {
            asked: asked.to_owned(),
            known,
        }),
    }
}

/// Opens the year in these establishments, and tells what came of each. Establishments that nothing was
/// told of are as they were: after `stop` is ready, or an error that would meet every other one too,
/// none is begun any more, and what is under way ends.
pub async fn run(
    commands: &Commands,
    by: &By,
    school_year: SchoolYear,
    behind: &[Behind],
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(&Uai, Outcome),
) {
    let over = Cell::new(false);
    let mut opened = stream::iter(batches(behind))
        .take_until(stop)
        .take_while(|_| ready(!over.get()))
        .map(|batch| async move {
            let outcomes = open(commands, by, school_year, &batch).await;
            (batch, outcomes)
        })
        .buffer_unordered(AT_ONCE)
        .boxed_local();
    while let Some((batch, outcomes)) = opened.next().await {
        for (uai, outcome) in batch.iter().zip(outcomes) {
            if matches!(&outcome, Outcome::Failed(error) if concerns_everybody(error)) {
                over.set(true);
            }
            tell(uai, outcome);
        }
    }
}

/// Establishments that go into one transaction.
fn batches(behind: &[Behind]) -> Vec<Vec<Uai>> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut events = 0;
    for it in behind {
        batch.push(it.uai.clone());
        events += 1 + it.classes + it.students;
        if events >= EVENTS_AT_ONCE {
            batches.push(std::mem::take(&mut batch));
            events = 0;
        }
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// All of them together; where somebody acts in one of them meanwhile, or one cannot be read, each alone.
async fn open(
    commands: &Commands,
    by: &By,
    school_year: SchoolYear,
    batch: &[Uai],
) -> Vec<Outcome> {
    let together = OpenSchoolYears {
        establishments: batch.to_vec(),
        school_year,
    };
    let opened = commands
        .execute_once(by, &together, &NobodyLeft(batch))
        .await;
    match opened {
        Ok(opened) => {
            let mut opened = opened.into_iter().peekable();
            let mut outcome = |uai: &Uai| match opened.next_if(|it| it.establishment == *uai) {
                Some(opened) => Outcome::Opened(opened),
                None => Outcome::AlreadyOpen,
            };
            batch.iter().map(&mut outcome).collect()
        }
        Err(error) if concerns_everybody(&error) => vec![Outcome::Failed(error)],
        Err(_) => {
            let mut outcomes = Vec::with_capacity(batch.len());
            for uai in batch {
                outcomes.push(open_alone(commands, by, school_year, uai).await);
            }
            outcomes
        }
    }
}

async fn open_alone(commands: &Commands, by: &By, school_year: SchoolYear, uai: &Uai) -> Outcome {
    let establishments = [uai.clone()];
    let alone = OpenSchoolYears {
        establishments: establishments.to_vec(),
        school_year,
    };
    let mut attempts = 0;
    loop {
        attempts += 1;
        let opened = commands
            .execute_alone(by, &alone, &NobodyLeft(&establishments))
            .await;
        return match opened {
            Ok(opened) => opened
                .into_iter()
                .next()
                .map_or(Outcome::AlreadyOpen, Outcome::Opened),
            // PostgreSQL broke a circle of those who wait.
            Err(CommandError::Store(StoreError::Conflict)) if attempts < ATTEMPTS => continue,
            Err(CommandError::Store(StoreError::Conflict)) => Outcome::Failed(Refusal::Busy.into()),
            Err(error) => Outcome::Failed(error),
        };
    }
}

/// A database that does not answer is not asked again for each establishment; a stream that cannot be
/// read keeps no other from being opened.
fn concerns_everybody(error: &CommandError) -> bool {
    matches!(
        error,
        CommandError::Store(StoreError::Database(_) | StoreError::Commit(_))
    )
}
