//! "Ma classe": a member of the staff says which class is theirs.

use accounts::account;
use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use commands::{CommandError, Refusal, set_own_class::SetOwnClass};
use domain::ids::ClassId;
use projections::classes;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{FieldErrors, Problem, Wrong},
};

use crate::{
    classes::MOST_CLASSES,
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Visit, done, own_establishment},
};

const PATH: &str = "/ma-classe";

/// What is sent for no class. Nothing at all is a slip, and takes nobody's class.
const NONE: &str = "aucune";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show).post(choose))
}

#[derive(Template)]
#[template(path = "own_class/page.html")]
struct OwnClassPage {
    frame: Frame,
    faults: Faults,
    classes: Vec<(ClassId, String)>,
    /// The id of a class, or [`NONE`].
    chosen: String,
    none: &'static str,
}

async fn show(mut visit: Visit) -> Result<Page<OwnClassPage>, Problem> {
    let holder = visit.caller.account;
    let holder = account::get(&mut visit.conn(), holder).await?;
    let class = holder.and_then(|holder| holder.class);
    let chosen = class.map_or_else(|| NONE.to_owned(), |class| class.to_string());
    page(visit, Faults::default(), chosen).await
}

async fn choose(
    State(state): State<AppState>,
    caller: Caller,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            let faults = Faults::from(not_done);
            let status = faults.status();
            let visit = Visit::again(&state, caller).await?;
            let chosen = form.text("class_id").to_owned();
            Ok((status, page(visit, faults, chosen).await?).into_response())
        }
    }
}

async fn page(
    mut visit: Visit,
    faults: Faults,
    chosen: String,
) -> Result<Page<OwnClassPage>, Problem> {
    let establishment = visit.establishment(Action::ChooseOwnClass)?;
    let frame = visit.frame("Ma classe", Place::Staff).await?;
    let classes = classes::list(&mut visit.conn(), &establishment, None, MOST_CLASSES).await?;
    let choice = |class: classes::ClassItem| (class.id, class.name);
    Ok(Page(OwnClassPage {
        frame,
        faults,
        classes: classes.into_iter().map(choice).collect(),
        chosen,
        none: NONE,
    }))
}

async fn act(state: &AppState, caller: &Caller, form: &Form) -> Result<Redirect, NotDone> {
    let establishment = own_establishment(caller, Action::ChooseOwnClass)?;
    form.wanted()?;
    let mut errors = FieldErrors::default();
    let class = errors.take("class_id", read(form.text("class_id")));
    let command = SetOwnClass {
        establishment,
        teacher: caller.account,
        class: errors.finish_with(class)?,
    };
    match state.commands.execute(&caller.by(), &command).await {
        Ok(()) => Ok(done("/etablissement/classes", caller)),
        Err(CommandError::Refused(Refusal::ClassNotFound)) => Err(fields::unknown_class().into()),
        Err(error) => Err(error.into()),
    }
}

fn read(text: &str) -> Result<Option<ClassId>, Wrong> {
    match text {
        "" => Err(fields::required("Choisissez une classe, ou aucune.")),
        NONE => Ok(None),
        id => fields::id(id).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn page(names: &[&str], chosen: &str) -> String {
        let id = ClassId::new(Uuid::from_u128(1));
        let choice = |name: &&str| (id, (*name).to_owned());
        checked(&OwnClassPage {
            frame: framed("Ma classe", Place::Staff),
            faults: Faults::default(),
            classes: names.iter().map(choice).collect(),
            chosen: chosen.to_owned(),
            none: NONE,
        })
    }

    /// What one has is chosen already: whoever saves without a change keeps it.
    #[test]
    fn what_one_has_is_chosen() {
        let id = ClassId::new(Uuid::from_u128(1)).to_string();
        for name in NASTY {
            let html = page(&[name], &id);
            assert!(html.contains(&format!("value=\"{id}\" checked")), "{html}");
            assert_eq!(html.matches(" checked").count(), 1);
        }
        assert!(page(&["3e A"], NONE).contains("value=\"aucune\" checked"));
        assert!(page(&[], NONE).contains("Ajouter une classe"));
    }

    /// A form that arrives without a choice must not take a class from anybody.
    #[test]
    fn nothing_chosen_is_not_none() {
        assert_eq!(read(NONE), Ok(None));
        assert_eq!(read("").unwrap_err().0, "required");
        assert_eq!(read("3e A").unwrap_err().0, "invalid");
    }
}
