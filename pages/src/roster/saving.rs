//! Saving what was chosen: done, to be confirmed, or refused with everything that was chosen kept.

use std::collections::HashMap;

use axum::response::{IntoResponse as _, Response};
use commands::{RosterProblem, RosterReason, change_roster::Destination};
use domain::{
    ids::{ClassId, StudentId},
    values::Uai,
};
use web::{AppState, caller::Caller, problem::FieldError, roster};

use super::{
    choices::{self, Choice},
    removal,
};
use crate::{
    form::{Form, NotDone},
    frame::done,
};

/// Where the pupils are whom others moved meanwhile.
pub(crate) type Moved = HashMap<StudentId, Option<ClassId>>;

/// Why the list is shown again.
pub(crate) struct Unsaved {
    pub(crate) why: NotDone,
    /// Where the pupils are whom others moved meanwhile.
    pub(crate) moved: Moved,
}

impl<E> From<E> for Unsaved
where
    NotDone: From<E>,
{
    fn from(error: E) -> Self {
        Self {
            why: error.into(),
            moved: Moved::default(),
        }
    }
}

/// Saves what was chosen on the page at `path`, and goes on there; pupils are taken out only once that is
/// confirmed.
pub(crate) async fn save(
    state: &AppState,
    caller: &Caller,
    establishment: &Uai,
    form: &Form,
    path: &str,
) -> Result<Response, Unsaved> {
    form.wanted()?;
    let choices = choices::read(form)?;
    let removes = choices.iter().any(|choice| choice.to == Destination::Out);
    if removes && form.text(removal::CONFIRMED).is_empty() {
        return Ok(removal::ask(state, caller, establishment, form, &choices, path).await?);
    }
    let changes = choices.iter().map(Choice::change).collect();
    match roster::change(state, caller, establishment.clone(), changes).await {
        Ok(_) => Ok(done(path, caller).into_response()),
        Err(unsaved) => Err(beside_the_pupils(unsaved)),
    }
}

/// What is said of a change stands beside its pupil, who is none of this list any more when they left.
fn beside_the_pupils(unsaved: roster::Unsaved) -> Unsaved {
    let roster::Unsaved { problem, changes } = unsaved;
    let field = |change: &RosterProblem| match change.reason {
        RosterReason::StudentNotFound => String::new(),
        _ => format!("classe.{}", change.student),
    };
    let errors = changes.iter().zip(problem.errors()).map(|(change, error)| {
        let field = field(change);
        FieldError {
            field,
            ..error.clone()
        }
    });
    let errors = errors.collect();
    let moved = changes.iter().filter_map(|change| match change.reason {
        RosterReason::MovedMeanwhile { current } => Some((change.student, current)),
        _ => None,
    });
    Unsaved {
        moved: moved.collect(),
        why: NotDone::Refused(problem.with_errors(errors)),
    }
}
