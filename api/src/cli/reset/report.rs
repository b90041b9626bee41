//! What a reset did, or would do, for people and for programs: ids and counts, never a name.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write},
    ops::AddAssign,
};

use chrono::{DateTime, Utc};
use commands::By;
use domain::{
    ids::{CorrelationId, PersonId},
    values::{Role, SchoolYear, Uai},
};
use projections::last_year::Behind;
use serde::Serialize;

use crate::{
    cli::{CliError, output::count},
    reset::{self, Scope},
};

/// Establishments that failed, shown before the rest is only counted.
const MOST_FAILED: usize = 20;

/// Why there is nothing to report.
pub(super) const NOTHING: &str =
    "Aucun établissement n'est dans une année antérieure : rien à faire.\n";

/// What is asked for, by whom and when.
pub(super) struct Asked<'s> {
    pub(super) by: By,
    pub(super) scope: &'s Scope,
    pub(super) dry_run: bool,
    pub(super) started_at: DateTime<Utc>,
}

/// What a run does, or did.
#[derive(Serialize)]
pub(super) struct Report {
    /// What its events have in common in the log.
    run: CorrelationId,
    dry_run: bool,
    pub(super) rules: Rules,
    by: Answerable,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
    duration_ms: i64,
    /// Where the year was opened; of a dry run, where it would be.
    pub(super) totals: Counts,
    /// How many establishments another run opened meanwhile.
    already_open: u64,
    pub(super) failed: Vec<Failed>,
    /// How many establishments are still to do, those that failed among them.
    pub(super) left: u64,
    /// The totals by academy.
    pub(super) academies: Vec<Academy>,
    establishments: Vec<Establishment>,
}

/// Which establishments the run is about.
#[derive(Serialize)]
pub(super) struct Rules {
    pub(super) school_year: SchoolYear,
    opened_where: String,
    pub(super) academy: Option<String>,
    pub(super) uais: Vec<Uai>,
}

/// Who the history names.
#[derive(Serialize)]
struct Answerable {
    id: PersonId,
    role: Role,
}

/// So many.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Counts {
    pub(super) establishments: u64,
    classes: u64,
    students: u64,
    invitations: u64,
}

/// An establishment that was not opened.
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
    pub(super) counts: Counts,
}

/// One establishment.
#[derive(Serialize)]
struct Establishment {
    uai: Uai,
    academy: Option<String>,
    from_school_year: SchoolYear,
    outcome: Outcome,
    classes: u64,
    students: u64,
    invitations: u64,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// By a dry run: nothing yet.
    Planned,
    Opened,
    /// Another run did it meanwhile.
    AlreadyOpen,
    Failed,
    /// The run ended before.
    Left,
}

impl Report {
    /// Of the establishments that the run found, and what came of each.
    pub(super) fn of(
        asked: &Asked,
        behind: &[Behind],
        mut outcomes: HashMap<Uai, reset::Outcome>,
        finished_at: DateTime<Utc>,
    ) -> Self {
        let mut report = Self {
            run: asked.by.correlation,
            dry_run: asked.dry_run,
            rules: Rules::of(asked.scope),
            by: Answerable {
                id: asked.by.actor.id,
                role: asked.by.actor.role,
            },
            started_at: asked.started_at,
            finished_at,
            duration_ms: (finished_at - asked.started_at).num_milliseconds().max(0),
            totals: Counts::default(),
            already_open: 0,
            failed: Vec::new(),
            left: 0,
            academies: Vec::new(),
            establishments: Vec::with_capacity(behind.len()),
        };
        for it in behind {
            let outcome = outcomes.remove(&it.uai);
            report.add(it, outcome);
        }
        report.count();
        report
    }

    fn add(&mut self, behind: &Behind, outcome: Option<reset::Outcome>) {
        let mut line = Establishment {
            uai: behind.uai.clone(),
            academy: behind.academy.clone(),
            from_school_year: behind.school_year,
            outcome: if self.dry_run {
                Outcome::Planned
            } else {
                Outcome::Left
            },
            classes: behind.classes,
            students: behind.students,
            invitations: behind.invitations,
        };
        match outcome {
            None => {}
            Some(reset::Outcome::Opened(opened)) => {
                line.outcome = Outcome::Opened;
                line.classes = opened.classes;
                line.students = opened.students;
                line.invitations = opened.invitations;
            }
            Some(reset::Outcome::AlreadyOpen) => {
                line.outcome = Outcome::AlreadyOpen;
                (line.classes, line.students, line.invitations) = (0, 0, 0);
            }
            Some(reset::Outcome::Failed(error)) => {
                line.outcome = Outcome::Failed;
                self.failed.push(Failed {
                    uai: line.uai.clone(),
                    reason: CliError::from(error).to_string(),
                });
            }
        }
        self.establishments.push(line);
    }

    fn count(&mut self) {
        let mut academies = BTreeMap::<&Option<String>, Counts>::new();
        for line in &self.establishments {
            match line.outcome {
                Outcome::Planned | Outcome::Opened => {
                    let counts = Counts {
                        establishments: 1,
                        classes: line.classes,
                        students: line.students,
                        invitations: line.invitations,
                    };
                    self.totals += counts;
                    *academies.entry(&line.academy).or_default() += counts;
                }
                Outcome::AlreadyOpen => self.already_open += 1,
                Outcome::Failed | Outcome::Left => self.left += 1,
            }
        }
        let academy = |(academy, counts): (&Option<String>, Counts)| Academy {
            academy: academy.clone(),
            counts,
        };
        self.academies = academies.into_iter().map(academy).collect();
    }

    /// Whether every establishment was in the year, or in a later one.
    pub(super) fn is_empty(&self) -> bool {
        self.establishments.is_empty()
    }

    /// The text that people read of a run that is over.
    pub(super) fn text(&self) -> String {
        if self.is_empty() {
            return NOTHING.to_owned();
        }
        let mut text = format!(
            "Année {} ouverte en {} s : {}\n{}",
            self.rules.school_year,
            seconds(self.duration_ms),
            self.totals,
            self.by_academy()
        );
        if self.already_open > 0 {
            let already = count(
                self.already_open,
                "établissement y était déjà",
                "établissements y étaient déjà",
            );
            let _ = writeln!(text, "{already}");
        }
        for failed in self.failed.iter().take(MOST_FAILED) {
            let _ = writeln!(text, "Échec : {failed}");
        }
        if let Some(more @ 1..) = self.failed.len().checked_sub(MOST_FAILED) {
            let _ = writeln!(text, "… et {more} de plus (--report les donne tous)");
        }
        text
    }

    /// A line for each academy.
    pub(super) fn by_academy(&self) -> String {
        let mut text = String::new();
        for Academy { academy, counts } in &self.academies {
            let academy = academy.as_deref().unwrap_or("académie inconnue");
            let _ = writeln!(text, "  {academy} : {counts}");
        }
        text
    }
}

/// To the tenth.
fn seconds(millis: i64) -> String {
    let tenths = millis / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl Rules {
    fn of(scope: &Scope) -> Self {
        Self {
            school_year: scope.school_year,
            opened_where: format!("school_year < {}", scope.school_year.year()),
            academy: scope.academy.clone(),
            uais: scope.establishments.clone(),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.establishments += other.establishments;
        self.classes += other.classes;
        self.students += other.students;
        self.invitations += other.invitations;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {}, {}",
            count(self.establishments, "établissement", "établissements"),
            count(self.classes, "classe", "classes"),
            count(self.students, "élève", "élèves"),
            count(self.invitations, "invitation", "invitations"),
        )
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} : {}", self.uai, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use commands::{Refusal, open_school_years::Opened};

    use super::*;

    fn behind(uai: &str, academy: Option<&str>) -> Behind {
        Behind {
            uai: Uai::parse(uai).unwrap(),
            academy: academy.map(ToOwned::to_owned),
            school_year: SchoolYear::starting(2026).unwrap(),
            classes: 4,
            students: 100,
            invitations: 1,
        }
    }

    fn opened(uai: &str, students: u64) -> reset::Outcome {
        reset::Outcome::Opened(Opened {
            establishment: Uai::parse(uai).unwrap(),
            classes: 4,
            students,
            invitations: 0,
        })
    }

    /// What was done is counted as it was done, not as it was planned; and what another run has to do is
    /// what is neither done nor was done by others.
    #[test]
    fn each_outcome_is_counted_once_and_where_it_belongs() {
        let found = [
            behind("9990021U", Some("Démo")),
            behind("9990022V", Some("Démo")),
            behind("9990023W", Some("Autre")),
            behind("9990024X", Some("Autre")),
            behind("9990025Y", None),
        ];
        let busy = reset::Outcome::Failed(Refusal::Busy.into());
        let outcomes = HashMap::from([
            (found[0].uai.clone(), opened("9990021U", 101)),
            (found[1].uai.clone(), reset::Outcome::AlreadyOpen),
            (found[2].uai.clone(), busy),
            (found[4].uai.clone(), opened("9990025Y", 99)),
        ]);
        let scope = Scope {
            school_year: SchoolYear::starting(2027).unwrap(),
            academy: None,
            establishments: Vec::new(),
        };
        let asked = Asked {
            by: By::system(CorrelationId::new(uuid::Uuid::nil())),
            scope: &scope,
            dry_run: false,
            started_at: "2027-08-01T06:00:00Z".parse().unwrap(),
        };
        let over = "2027-08-01T06:01:02.345Z".parse().unwrap();
        let report = Report::of(&asked, &found, outcomes, over);
        let lines = serde_json::to_value(&report).unwrap()["establishments"].take();
        let lines = lines.as_array().unwrap().iter();
        let outcomes: Vec<_> = lines
            .map(|line| format!("{} {}", line["outcome"], line["students"]))
            .collect();
        assert_eq!(
            outcomes,
            [
                r#""opened" 101"#,
                r#""already_open" 0"#,
                r#""failed" 100"#,
                r#""left" 100"#,
                r#""opened" 99"#,
            ]
        );
        assert_eq!(report.left, 2);
        assert_eq!(
            report.text(),
            "Année 2027-2028 ouverte en 62.3 s : 2 établissements, 8 classes, 200 élèves, 0 invitation\n\
             \u{20} académie inconnue : 1 établissement, 4 classes, 99 élèves, 0 invitation\n\
             \u{20} Démo : 1 établissement, 4 classes, 101 élèves, 0 invitation\n\
             1 établissement y était déjà\n\
             Échec : 9990023W : d'autres modifient les mêmes données en ce moment : rien n'a changé, \
             relancez la commande\n"
        );
    }
}
