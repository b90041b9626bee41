//! A class gets another name or another filière (manual, "La gestion des classes : l'affaire de tous ?").

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use commands::edit_class::EditClass;
use domain::{ids::ClassId, values::Track};
use web::{
    AppState, PathId,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{FieldErrors, Problem},
};

use super::{find, path};
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Visit, done, own_establishment},
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/classes/{id}/modifier", get(show).post(edit))
}

#[derive(Template)]
#[template(path = "class/edit/page.html")]
struct EditPage {
    frame: Frame,
    faults: Faults,
    class: ClassId,
    /// As it is for now.
    current: String,
    name: String,
    track: String,
    version: i64,
    tracks: &'static [Track],
}

async fn show(visit: Visit, PathId(class): PathId<ClassId>) -> Result<Page<EditPage>, Problem> {
    Ok(Page(page(visit, class).await?))
}

async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    PathId(class): PathId<ClassId>,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, class, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            // As it is now: whoever sends the form again has seen what others made of the class.
            let page = page(Visit::again(&state, caller).await?, class).await?;
            let faults = Faults::from(not_done);
            let (name, track) = (form.text("name").to_owned(), form.text("track").to_owned());
            let page = EditPage {
                faults,
                name,
                track,
                ..page
            };
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(mut visit: Visit, class: ClassId) -> Result<EditPage, Problem> {
    let establishment = visit.establishment(Action::ManageClasses)?;
    let class = find(&mut visit.conn(), &establishment, class).await?;
    let title = format!("Modifier la classe {}", class.name);
    Ok(EditPage {
        frame: visit.frame(title, Place::Classes).await?,
        faults: Faults::default(),
        class: class.id,
        current: format!("{} ({})", class.name, class.track.label()),
        name: class.name,
        track: class.track.as_str().to_owned(),
        version: class.version,
        tracks: Track::ALL,
    })
}

async fn act(
    state: &AppState,
    caller: &Caller,
    class: ClassId,
    form: &Form,
) -> Result<Redirect, NotDone> {
    let establishment = own_establishment(caller, Action::ManageClasses)?;
    form.wanted()?;
    let mut errors = FieldErrors::default();
    let name = errors.take("name", fields::class_name(form.text("name")));
    let track = errors.take("track", fields::track(form.text("track")));
    let (name, track) = errors.finish_with(name.zip(track))?;
    let command = EditClass {
        establishment,
        class,
        name: Some(name),
        track: Some(track),
        expected_versions: form.text("version").parse().ok().map(|seen| vec![seen]),
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(done(&path(class), caller))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use web::problem::Code;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// A colleague changed the class meanwhile: the page shows both what it is now and what was typed.
    #[test]
    fn a_conflict_shows_both_states() {
        for name in NASTY {
            let stale = Problem::new(Code::StaleVersion, "Un collègue a modifié cette classe.");
            let html = checked(&EditPage {
                frame: framed("Modifier", Place::Classes),
                faults: Faults::from(NotDone::Refused(stale)),
                class: ClassId::new(Uuid::nil()),
                current: "3e Curie (3e SEGPA)".to_owned(),
                name: name.to_owned(),
                track: "troisieme_generale".to_owned(),
                version: 3,
                tracks: Track::ALL,
            });
            assert!(html.contains("<strong>3e Curie (3e SEGPA)</strong>"));
            assert!(html.contains(r#"value="troisieme_generale" checked"#));
            assert!(html.contains(r#"name="version" value="3""#));
        }
    }
}
