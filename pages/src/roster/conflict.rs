//! What is said of pupils for whom nothing could be saved, by name and with what became of them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use commands::{Refusal, RosterProblem, RosterReason};
use domain::{
    ids::{ClassId, StudentId},
    values::Uai,
};
use projections::{
    classes,
    history::{self, Filter},
    roster::{self, StudentItem},
};
use store::{Conn, StoreError};
use web::{
    AppState,
    problem::{FieldError, Problem},
};

use super::MOST_STUDENTS;
use crate::{classes::MOST_CLASSES, frame::name};

/// Where the pupils are whom others moved meanwhile.
pub(crate) type Moved = HashMap<StudentId, Option<ClassId>>;

/// The refusal as a page tells it, beside the pupils it is because of.
pub(super) async fn tell(
    state: &AppState,
    establishment: &Uai,
    problems: Vec<RosterProblem>,
) -> Result<(Problem, Moved), StoreError> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let known = Known::read(conn, establishment, state.commands.clock().now()).await?;
    let (mut errors, mut moved) = (Vec::new(), Moved::new());
    for problem in &problems {
        if let RosterReason::MovedMeanwhile { current } = problem.reason {
            moved.insert(problem.student, current);
        }
        errors.push(known.fault(conn, problem).await?);
    }
    let problem = Problem::from(Refusal::Roster(problems)).with_errors(errors);
    Ok((problem, moved))
}

/// What the establishment knows of its pupils and classes.
struct Known<'a> {
    establishment: &'a Uai,
    students: HashMap<StudentId, StudentItem>,
    classes: HashMap<ClassId, String>,
    now: DateTime<Utc>,
}

impl<'a> Known<'a> {
    async fn read(
        conn: &mut Conn<'_>,
        establishment: &'a Uai,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let students =
            roster::in_establishment(conn, establishment, false, None, MOST_STUDENTS).await?;
        let classes = classes::list(conn, establishment, None, MOST_CLASSES).await?;
        Ok(Self {
            establishment,
            students: students.into_iter().map(|item| (item.id, item)).collect(),
            classes: classes
                .into_iter()
                .map(|item| (item.id, item.name))
                .collect(),
            now,
        })
    }

    /// What is said of one pupil, and the field it stands beside: none, when they are no longer there.
    async fn fault(
        &self,
        conn: &mut Conn<'_>,
        problem: &RosterProblem,
    ) -> Result<FieldError, StoreError> {
        let student = self.students.get(&problem.student);
        let name = student.map_or_else(
            || "Un élève de cette liste".to_owned(),
            |student| name(student.first_name.as_deref(), student.last_name.as_deref()),
        );
        let (code, detail) = match problem.reason {
            RosterReason::MovedMeanwhile { current } => {
                let by = self.last_mover(conn, problem.student).await?;
                ("student_moved_meanwhile", self.moved(&name, current, &by))
            }
            RosterReason::StudentNotFound => (
                "not_found",
                format!("{name} ne fait pas, ou plus, partie de l'établissement."),
            ),
            RosterReason::ClassNotFound => (
                "not_found",
                format!("{name} : la classe choisie n'existe plus, choisissez-en une autre."),
            ),
            RosterReason::MayNotAssign => (
                "forbidden",
                format!(
                    "{name} n'a pas encore de classe : seuls le chef d'établissement et les \
                     professeurs principaux peuvent lui en donner une."
                ),
            ),
            RosterReason::Repeated => ("repeated", format!("{name} figure deux fois.")),
        };
        let field = student.map_or_else(String::new, |student| format!("classe.{}", student.id));
        Ok(FieldError {
            field,
            code: code.into(),
            detail: detail.into(),
        })
    }

    fn moved(&self, name: &str, current: Option<ClassId>, by: &str) -> String {
        let class = current.and_then(|class| self.classes.get(&class));
        let place = match class {
            Some(class) => format!("est maintenant en {class}"),
            None => "n'a plus de classe".to_owned(),
        };
        format!("{name} {place}{by}. Rien n'a été enregistré : choisissez de nouveau.")
    }

    /// " (Karim Belhadj, il y a 2 min)": who last did something about the pupil.
    async fn last_mover(
        &self,
        conn: &mut Conn<'_>,
        student: StudentId,
    ) -> Result<String, StoreError> {
        let filter = Filter {
            establishment: Some(self.establishment.clone()),
            student: Some(student),
            ..Filter::default()
        };
        let last = history::page(conn, &filter, None, 1).await?.pop();
        let said = last.and_then(|item| {
            let since = ago(self.now - item.record.recorded_at);
            Some(format!(" ({}, {since})", item.actor_name?))
        });
        Ok(said.unwrap_or_default())
    }
}

/// How long ago, in the words of whoever looks at a clock.
fn ago(time: TimeDelta) -> String {
    match (time.num_minutes(), time.num_hours(), time.num_days()) {
        (..=0, _, _) => "à l'instant".to_owned(),
        (minutes, 0, _) => format!("il y a {minutes} min"),
        (_, hours, 0) => format!("il y a {hours} h"),
        (_, _, 1) => "hier".to_owned(),
        (_, _, days) => format!("il y a {days} jours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it was just now or last week decides whom to ask.
    #[test]
    fn how_long_ago_is_told_as_people_do() {
        let told = |minutes| ago(TimeDelta::minutes(minutes));
        assert_eq!(told(-1), "à l'instant");
        assert_eq!(told(0), "à l'instant");
        assert_eq!(told(2), "il y a 2 min");
        assert_eq!(told(61), "il y a 1 h");
        assert_eq!(told(24 * 60), "hier");
        assert_eq!(told(72 * 60), "il y a 3 jours");
    }
}
