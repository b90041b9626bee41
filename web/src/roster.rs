//! "Enregistrer les modifications": what must hold on every way in, and what is said of pupils for whom nothing
//! could be saved, by name and with what became of them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use commands::{
    CommandError, Refusal, RosterProblem, RosterReason,
    change_roster::{ChangeRoster, RosterChange, RosterOutcome},
};
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

use crate::{
    AppState,
    caller::Caller,
    permissions::{Action, may},
    problem::{Code, FieldError, Problem},
};

/// Why nothing was saved.
pub struct Unsaved {
    /// What is said of it. Each change that cannot be done has its field, by its place.
    pub problem: Problem,
    /// The changes that cannot be done, in the order of these fields; none when it is about the whole.
    pub changes: Vec<RosterProblem>,
}

impl<E> From<E> for Unsaved
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self {
            problem: error.into(),
            changes: Vec::new(),
        }
    }
}

/// Changes where pupils of an establishment are, on behalf of a caller who may: all that is asked, or nothing.
///
/// # Errors
///
/// Every change that cannot be done, with the names of those pupils who are the establishment's: nobody else
/// is the caller's business.
pub async fn change(
    state: &AppState,
    caller: &Caller,
    establishment: Uai,
    changes: Vec<RosterChange>,
) -> Result<RosterOutcome, Unsaved> {
    let command = ChangeRoster {
        establishment,
        may_assign: may(caller.role, Action::AssignStudents),
        changes,
    };
    match state.commands.execute(&caller.by(), &command).await {
        Err(CommandError::Refused(Refusal::Roster(changes))) => {
            Err(tell(state, &command.establishment, changes).await?)
        }
        outcome => Ok(outcome?),
    }
}

async fn tell(
    state: &AppState,
    establishment: &Uai,
    changes: Vec<RosterProblem>,
) -> Result<Unsaved, StoreError> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let known = Known::read(conn, establishment, state.commands.clock().now()).await?;
    let mut errors = Vec::new();
    for change in &changes {
        errors.push(known.fault(conn, change).await?);
    }
    let problem = Problem::from(Refusal::Roster(changes.clone())).with_errors(errors);
    Ok(Unsaved { problem, changes })
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
        let students = roster::in_establishment(conn, establishment, false, None, i64::MAX).await?;
        let classes = classes::list(conn, establishment, None, i64::MAX).await?;
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

    /// What is said of one pupil.
    async fn fault(
        &self,
        conn: &mut Conn<'_>,
        problem: &RosterProblem,
    ) -> Result<FieldError, StoreError> {
        let name = self.name(problem.student);
        let (field, code, detail) = match problem.reason {
            RosterReason::MovedMeanwhile { current } => {
                let by = self.last_mover(conn, problem.student).await?;
                let moved = self.moved(&name, current, &by);
                ("class_id", Code::StudentMovedMeanwhile.as_str(), moved)
            }
            RosterReason::StudentNotFound => (
                "student_id",
                Code::NotFound.as_str(),
                format!("{name} ne fait pas, ou plus, partie de l'établissement."),
            ),
            RosterReason::ClassNotFound => (
                "class_id",
                Code::NotFound.as_str(),
                format!("{name} : la classe choisie n'existe plus, choisissez-en une autre."),
            ),
            RosterReason::MayNotAssign => (
                "class_id",
                Code::Forbidden.as_str(),
                format!(
                    "{name} n'a pas encore de classe : seuls le chef d'établissement et les \
                     professeurs principaux peuvent lui en donner une."
                ),
            ),
            RosterReason::Repeated => (
                "student_id",
                "repeated",
                format!("{name} figure deux fois."),
            ),
        };
        Ok(FieldError {
            field: format!("changes[{}].{field}", problem.index),
            code: code.into(),
            detail: detail.into(),
        })
    }

    fn name(&self, student: StudentId) -> String {
        let student = self.students.get(&student);
        let name = student.and_then(|known| {
            let (first, last) = (known.first_name.as_ref()?, known.last_name.as_ref()?);
            Some(format!("{first} {last}"))
        });
        name.unwrap_or_else(|| "Un élève de cette liste".to_owned())
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
