//! "Retirer … de l'établissement ?": asked once more, with the names.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use commands::change_roster::Destination;
use domain::values::Uai;
use projections::roster;
use web::{AppState, caller::Caller, problem::Problem};

use super::{MOST_STUDENTS, choices::Choice};
use crate::{
    form::{Form, LOOK_AGAIN},
    frame::{Frame, Page, Place, Visit, name},
    once,
};

/// The field by which a form says that it was asked once more.
pub(super) const CONFIRMED: &str = "confirme";

#[derive(Template)]
#[template(path = "roster/removal.html")]
struct RemovalPage {
    frame: Frame,
    action: String,
    names: Vec<String>,
    /// How many others change class with it.
    others: usize,
    /// What was chosen, to be sent again.
    fields: Vec<(String, String)>,
    confirmed: &'static str,
    look_again: &'static str,
}

/// Shows who would be taken out, and what follows.
pub(super) async fn ask(
    state: &AppState,
    caller: &Caller,
    establishment: &Uai,
    form: &Form,
    choices: &[Choice],
    path: &str,
) -> Result<Response, Problem> {
    let mut visit = Visit::again(state, caller.clone()).await?;
    let conn = &mut visit.conn();
    let students =
        roster::in_establishment(conn, establishment, false, None, MOST_STUDENTS).await?;
    let removed = students.iter().filter(|student| {
        let chosen = choices.iter().find(|choice| choice.student == student.id);
        chosen.is_some_and(|choice| choice.to == Destination::Out)
    });
    let names: Vec<String> = removed
        .map(|student| name(student.first_name.as_deref(), student.last_name.as_deref()))
        .collect();
    let own = [CONFIRMED, LOOK_AGAIN, once::FIELD];
    let fields = form.fields().iter();
    let fields = fields.filter(|(field, _)| !own.contains(&field.as_str()));
    let page = RemovalPage {
        frame: visit.frame(title(&names), Place::Classes).await?,
        action: path.to_owned(),
        others: choices.len() - names.len().min(choices.len()),
        names,
        fields: fields.cloned().collect(),
        confirmed: CONFIRMED,
        look_again: LOOK_AGAIN,
    };
    Ok(Page(page).into_response())
}

fn title(names: &[String]) -> String {
    match names {
        [one] => format!("Retirer {one} de l'établissement ?"),
        several => format!("Retirer {} élèves de l'établissement ?", several.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// Taking somebody out is the one thing here that no colleague can undo: who it is must be read.
    #[test]
    fn those_who_would_be_taken_out_are_named() {
        for names in [vec![NASTY[2].to_owned()], NASTY.map(str::to_owned).to_vec()] {
            let html = checked(&RemovalPage {
                frame: framed(title(&names), Place::Classes),
                action: "/classes/1".to_owned(),
                others: 1,
                names,
                fields: vec![("classe.1".to_owned(), "retrait".to_owned())],
                confirmed: CONFIRMED,
                look_again: LOOK_AGAIN,
            });
            assert!(html.contains("O&#39;Neil &#38; D’Arc"), "{html}");
            assert!(
                html.contains(">Retirer</button>") && html.contains(">Ne rien changer</button>")
            );
        }
    }
}
