//! What a reset did, or would do, for people and for programs: ids and counts, never a name.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write},
    ops::AddAssign,
};

use chrono::{DateTime, Utc};
use domain::{
    actor::Actor,
    ids::{CorrelationId, PersonId},
    values::{Role, SchoolYear, Uai},
};
use projections::last_year::Behind;
use serde::Serialize;

use super::rules::Rules;
use crate::{
    command_line::{error::CommonError, output::count},
    reset::{self, Scope},
};

/// Establishments that failed, shown before the rest is only counted.
const MOST_FAILED: usize = 20;

/// What is asked for, by whom and when.
pub(super) struct Asked<'s> {
    /// A dry run has none.
    pub(super) run: Option<CorrelationId>,
    pub(super) actor: Actor,
    pub(super) scope: &'s Scope,
    pub(super) started_at: DateTime<Utc>,
}

/// What a run does, or did.
#[derive(Serialize)]
pub(super) struct ResetReport {
    /// What its events have in common in the log; a dry run has none.
    run: Option<CorrelationId>,
    dry_run: bool,
    pub(super) rules: Rules,
    by: Answerable,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
    duration_ms: i64,
    /// Where the year was opened; of a dry run, where it would be.
    pub(super) totals: Totals,
    already_open: u64,
    pub(super) failed: Vec<Failed>,
    unknown: u64,
    /// How many establishments are still to do, those that failed among them, and those of which nobody
    /// knows.
    pub(super) left: u64,
    pub(super) academies: Vec<Academy>,
    establishments: Vec<Establishment>,
}

/// Who the history names.
#[derive(Serialize)]
struct Answerable {
    id: PersonId,
    role: Role,
}

/// So many, in establishments.
#[derive(Clone, Copy, Default, Serialize)]
struct Counts {
    classes: u64,
    students: u64,
    invitations: u64,
}

/// So many establishments, and what was or is in them.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Totals {
    establishments: u64,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
pub(super) struct Failed {
    uai: Uai,
    reason: String,
}

/// An academy in which the year was opened, or would be.
#[derive(Serialize)]
pub(super) struct Academy {
    /// None for establishments of which the directory does not know it.
    pub(super) academy: Option<String>,
    #[serde(flatten)]
    pub(super) totals: Totals,
}

#[derive(Serialize)]
struct Establishment {
    uai: Uai,
    academy: Option<String>,
    from_school_year: SchoolYear,
    outcome: Status,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// By a dry run: nothing yet.
    Planned,
    Opened,
    /// Another run did it meanwhile.
    AlreadyOpen,
    Failed,
    /// Opened or not: the database went away before it said so.
    Unknown,
    /// The run ended before.
    Left,
}

impl ResetReport {
    /// Of the establishments that the run found, and what came of each.
    pub(super) fn of(
        asked: &Asked,
        behind: &[Behind],
        mut outcomes: HashMap<Uai, reset::Outcome>,
        finished_at: DateTime<Utc>,
    ) -> Self {
        let mut report = Self {
            run: asked.run,
            dry_run: asked.run.is_none(),
            rules: Rules::of(asked.scope),
            by: Answerable {
                id: asked.actor.id,
                role: asked.actor.role,
            },
            started_at: asked.started_at,
            finished_at,
            duration_ms: (finished_at - asked.started_at).num_milliseconds().max(0),
            totals: Totals::default(),
            already_open: 0,
            failed: Vec::new(),
            unknown: 0,
            left: 0,
            academies: Vec::new(),
            establishments: Vec::with_capacity(behind.len()),
        };
        for it in behind {
            report.add(it, outcomes.remove(&it.uai));
        }
        report.count();
        report
    }

    fn add(&mut self, behind: &Behind, outcome: Option<reset::Outcome>) {
        let found = Counts {
            classes: behind.classes,
            students: behind.students,
            invitations: behind.invitations,
        };
        let (outcome, counts) = match outcome {
            None if self.dry_run => (Status::Planned, found),
            None => (Status::Left, found),
            Some(reset::Outcome::Opened(opened)) => {
                let counts = Counts {
                    classes: opened.classes,
                    students: opened.students,
                    invitations: opened.invitations,
                };
                (Status::Opened, counts)
            }
            Some(reset::Outcome::AlreadyOpen) => (Status::AlreadyOpen, Counts::default()),
            Some(reset::Outcome::Unknown) => (Status::Unknown, found),
            Some(reset::Outcome::Failed(error)) => {
                self.failed.push(Failed {
                    uai: behind.uai.clone(),
                    reason: CommonError::from(error).to_string(),
                });
                (Status::Failed, found)
            }
        };
        self.establishments.push(Establishment {
            uai: behind.uai.clone(),
            academy: behind.academy.clone(),
            from_school_year: behind.school_year,
            outcome,
            counts,
        });
    }

    fn count(&mut self) {
        let mut academies = BTreeMap::<&Option<String>, Totals>::new();
        for line in &self.establishments {
            match line.outcome {
                Status::Planned | Status::Opened => {
                    self.totals += line.counts;
                    *academies.entry(&line.academy).or_default() += line.counts;
                }
                Status::AlreadyOpen => self.already_open += 1,
                Status::Failed | Status::Left => self.left += 1,
                Status::Unknown => {
                    self.unknown += 1;
                    self.left += 1;
                }
            }
        }
        let academy = |(academy, totals): (&Option<String>, Totals)| Academy {
            academy: academy.clone(),
            totals,
        };
        self.academies = academies.into_iter().map(academy).collect();
    }

    /// Whether every establishment was in the year, or in a later one.
    pub(super) fn is_empty(&self) -> bool {
        self.establishments.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let year = self.rules.school_year;
        if self.is_empty() {
            return self.rules.nothing_to_do();
        }
        let mut text = if self.totals.establishments == 0 {
            format!("L'année {year} n'a été ouverte dans aucun établissement.\n")
        } else {
            format!(
                "Année {year} ouverte en {} s : {}\n{}",
                seconds(self.duration_ms),
                self.totals,
                self.by_academy()
            )
        };
        if self.already_open > 0 {
            let already = count(
                self.already_open,
                "établissement y était déjà",
                "établissements y étaient déjà",
            );
            let _ = writeln!(text, "{already}");
        }
        if self.unknown > 0 {
            let _ = writeln!(
                text,
                "À vérifier : {}, la base ayant disparu pendant l'enregistrement ; relancez la même commande, \
                 ce qui est fait ne le sera pas deux fois",
                count(self.unknown, "établissement", "établissements")
            );
        }
        for failed in self.failed.iter().take(MOST_FAILED) {
            let _ = writeln!(text, "Échec : {failed}");
        }
        if let Some(more @ 1..) = self.failed.len().checked_sub(MOST_FAILED) {
            let _ = writeln!(text, "… et {more} de plus (--report les donne tous)");
        }
        text
    }

    pub(super) fn by_academy(&self) -> String {
        let mut text = String::new();
        for Academy { academy, totals } in &self.academies {
            let academy = academy.as_deref().unwrap_or("académie inconnue");
            let _ = writeln!(text, "  {academy} : {totals}");
        }
        text
    }
}

/// To the tenth.
fn seconds(millis: i64) -> String {
    let tenths = millis / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl AddAssign<Counts> for Totals {
    fn add_assign(&mut self, establishment: Counts) {
        self.establishments += 1;
        self.counts.classes += establishment.classes;
        self.counts.students += establishment.students;
        self.counts.invitations += establishment.invitations;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {}, {}",
            count(self.establishments, "établissement", "établissements"),
            count(self.counts.classes, "classe", "classes"),
            count(self.counts.students, "élève", "élèves"),
            count(self.counts.invitations, "invitation", "invitations"),
        )
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} : {}", self.uai, self.reason)
    }
}
