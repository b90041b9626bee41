//! "Ajouter une classe" (manual, "Comment procéder à la création des classes ?").

mod form;

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use commands::{CommandError, Refusal, create_class::CreateClasses};
use domain::{
    fold,
    values::{Track, Uai},
};
use projections::classes;
use web::{
    AppState,
    caller::Caller,
    permissions::Action,
    problem::{FieldError, Problem},
};

use self::form::Asked;
use crate::{
    classes::MOST_CLASSES,
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Visit, done, own_establishment},
};

const PATH: &str = "/etablissement/classes/ajouter";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show).post(create))
}

#[derive(Template)]
#[template(path = "add_class/page.html")]
struct AddClassPage {
    frame: Frame,
    faults: Faults,
    names: String,
    track: String,
    tracks: &'static [Track],
}

async fn show(visit: Visit) -> Result<Page<AddClassPage>, Problem> {
    let usual = Track::TroisiemeGenerale.as_str();
    page(visit, Faults::default(), "", usual).await
}

async fn create(
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
            let page = page(visit, faults, form.text("name"), form.text("track")).await?;
            Ok((status, page).into_response())
        }
    }
}

async fn page(
    mut visit: Visit,
    faults: Faults,
    names: &str,
    track: &str,
) -> Result<Page<AddClassPage>, Problem> {
    visit.establishment(Action::ManageClasses)?;
    Ok(Page(AddClassPage {
        frame: visit.frame("Ajouter une classe", Place::Classes).await?,
        faults,
        names: names.to_owned(),
        track: track.to_owned(),
        tracks: Track::ALL,
    }))
}

async fn act(state: &AppState, caller: &Caller, form: &Form) -> Result<Redirect, NotDone> {
    let establishment = own_establishment(caller, Action::ManageClasses)?;
    form.wanted()?;
    let asked = Asked::read(form)?;
    let command = CreateClasses(asked.commands(&establishment, state.commands.clock()));
    match state.commands.execute(&caller.by(), &command).await {
        Ok(()) => Ok(done("/etablissement/classes", caller)),
        Err(CommandError::Refused(Refusal::ClassNameTaken)) => {
            Err(taken(state, &establishment, &asked).await?.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Of several names, which one a class has already.
async fn taken(state: &AppState, establishment: &Uai, asked: &Asked) -> Result<Problem, Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let known = classes::list(conn, establishment, None, MOST_CLASSES).await?;
    let taken = known.iter().filter(|class| {
        asked
            .names
            .iter()
            .any(|name| name.key() == fold::plain(&class.name))
    });
    let names: Vec<String> = taken.map(|class| format!("« {} »", class.name)).collect();
    let detail = match names.len() {
        0 | 1 => format!("{} existe déjà.", names.concat()),
        _ => format!("{} existent déjà.", names.join(", ")),
    };
    let problem = Problem::from(Refusal::ClassNameTaken);
    let code = problem.code().as_str().into();
    Ok(problem.with_errors(vec![FieldError {
        field: "name".to_owned(),
        code,
        detail: detail.into(),
    }]))
}

#[cfg(test)]
mod tests {
    use web::problem::FieldErrors;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// A refused form comes back as it was typed, with the fault beside the field and a way to it.
    #[test]
    fn a_refused_form_comes_back_as_it_was_typed() {
        for name in NASTY {
            let mut errors = FieldErrors::default();
            errors.take::<()>("name", Err(("invalid", "Ce nom ne va pas.".into())));
            let html = checked(&AddClassPage {
                frame: framed("Ajouter une classe", Place::Classes),
                faults: Faults::from(NotDone::Refused(errors.into())),
                names: name.to_owned(),
                track: Track::TroisiemeSegpa.as_str().to_owned(),
                tracks: Track::ALL,
            });
            assert!(html.contains(r##"<a href="#name">Ce nom ne va pas.</a>"##));
            assert!(html.contains(r#"aria-describedby="name-aide name-faute""#));
            assert!(
                html.contains(r#"value="troisieme_segpa" checked"#),
                "{html}"
            );
        }
    }
}
