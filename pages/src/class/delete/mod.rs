//! An empty class is deleted (manual, "Comment supprimer une classe en trois étapes ?").

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use commands::{Refusal, delete_class::DeleteClass};
use domain::ids::ClassId;
use web::{
    AppState, PathId,
    caller::Caller,
    permissions::Action,
    problem::{Code, Problem},
};

use super::find;
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Visit, done, own_establishment},
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/classes/{id}/supprimer", get(show).post(delete))
}

#[derive(Template)]
#[template(path = "class/delete/page.html")]
struct DeletePage {
    frame: Frame,
    faults: Faults,
    class: ClassId,
    is_empty: bool,
}

async fn show(visit: Visit, PathId(class): PathId<ClassId>) -> Result<Page<DeletePage>, Problem> {
    Ok(Page(page(visit, class).await?))
}

async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(class): PathId<ClassId>,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, class, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(NotDone::Refused(problem)) if problem.code() != Code::ClassNotEmpty => Err(problem),
        Err(not_done) => {
            let mut page = page(Visit::again(&state, caller).await?, class).await?;
            page.faults = Faults::from(not_done);
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(mut visit: Visit, class: ClassId) -> Result<DeletePage, Problem> {
    let establishment = visit.establishment(Action::ManageClasses)?;
    let class = find(&mut visit.conn(), &establishment, class).await?;
    let mut faults = Faults::default();
    let students = usize::try_from(class.student_count).unwrap_or(usize::MAX);
    if students > 0 {
        faults = Faults::from(NotDone::from(Refusal::ClassNotEmpty { students }));
    }
    let title = format!("Supprimer la classe {} ?", class.name);
    Ok(DeletePage {
        frame: visit.frame(title, Place::Classes).await?,
        faults,
        class: class.id,
        is_empty: students == 0,
    })
}

async fn act(
    state: &AppState,
    caller: &Caller,
    class: ClassId,
    form: &Form,
) -> Result<Redirect, NotDone> {
    form.wanted()?;
    let command = DeleteClass {
        establishment: own_establishment(caller, Action::ManageClasses)?,
        class,
        expected_versions: None,
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(done("/etablissement/classes", caller))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::{checked, framed};

    /// Only an empty class is deleted, and one that is not says what to do.
    #[test]
    fn only_an_empty_class_offers_to_be_deleted() {
        let page = |students| {
            let refusal = NotDone::from(Refusal::ClassNotEmpty { students });
            checked(&DeletePage {
                frame: framed("Supprimer la classe 3e A ?", Place::Classes),
                faults: if students > 0 {
                    refusal.into()
                } else {
                    Faults::default()
                },
                class: ClassId::new(Uuid::nil()),
                is_empty: students == 0,
            })
        };
        assert!(page(0).contains(">Supprimer</button>"));
        assert!(page(3).contains("contient encore 3 élèves"));
        assert!(!page(3).contains("<button class=\"button remove\""));
    }
}
