//! Saving what was chosen: done, to be confirmed, or refused with everything that was chosen kept.

use axum::response::{IntoResponse as _, Response};
use commands::{
    CommandError, Refusal,
    change_roster::{ChangeRoster, Destination},
};
use domain::values::Uai;
use web::{
    AppState,
    caller::Caller,
    permissions::{Action, may},
    problem::Problem,
};

use super::{
    choices::{self, Choice},
    conflict::{self, Moved},
    removal,
};
use crate::{
    form::{Form, NotDone},
    frame::done,
};

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
    match execute(state, caller, establishment, &choices).await {
        Ok(()) => Ok(done(path, caller).into_response()),
        Err(CommandError::Refused(Refusal::Roster(problems))) => {
            let (problem, moved) = conflict::tell(state, establishment, problems).await?;
            let why = NotDone::Refused(problem);
            Err(Unsaved { why, moved })
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

async fn execute(
    state: &AppState,
    caller: &Caller,
    establishment: &Uai,
    choices: &[Choice],
) -> Result<(), CommandError> {
    let command = ChangeRoster {
        establishment: establishment.clone(),
        may_assign: may(caller.role, Action::AssignStudents),
        changes: choices.iter().map(Choice::change).collect(),
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(())
}
