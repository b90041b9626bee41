//! "Confier la direction": a member of the staff becomes head at once, and the present one leaves.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::{
    ids::PersonId,
    values::{StaffRole, Uai},
};
use projections::{directory::DirectoryEntry, staff::StaffItem};
use web::{AppState, PathId, caller::Caller, headship, permissions::Action, problem::Problem};

use super::{find, framed, head, name, path};
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Visit, done},
    staff::everybody,
};

pub(super) fn routes() -> Router<AppState> {
    let path = "/administration/etablissements/{uai}/chef/remplacer";
    Router::new().route(path, get(show).post(replace))
}

#[derive(Template)]
#[template(path = "administration/establishment/replace_head/page.html")]
struct ReplaceHeadPage {
    frame: Frame,
    faults: Faults,
    typed: Form,
    school: DirectoryEntry,
    /// Who leaves; nobody where the establishment is not registered.
    head: Option<String>,
    colleagues: Vec<Colleague>,
}

/// Somebody who may take over.
struct Colleague {
    id: PersonId,
    name: String,
    role: &'static str,
    /// Whether pupils then wait for another main teacher to sign up.
    is_last_main_teacher: bool,
}

async fn show(visit: Visit, PathId(uai): PathId<Uai>) -> Result<Page<ReplaceHeadPage>, Problem> {
    Ok(Page(
        page(visit, &uai, Faults::default(), Form::default()).await?,
    ))
}

async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    PathId(uai): PathId<Uai>,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, &uai, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            let faults = Faults::from(not_done);
            let visit = Visit::again(&state, caller).await?;
            let page = page(visit, &uai, faults, form).await?;
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(
    mut visit: Visit,
    uai: &Uai,
    faults: Faults,
    typed: Form,
) -> Result<ReplaceHeadPage, Problem> {
    let school = find(&mut visit, Action::AppointHead, uai).await?;
    let staff = everybody(&mut visit.conn(), uai).await?;
    let colleagues = staff.iter().filter(|one| one.role != StaffRole::Head);
    let main_teachers = staff.iter().filter(|one| is_main_teacher(one)).count();
    let colleague = |one: &StaffItem| Colleague {
        id: one.id,
        name: name(one),
        role: one.role.label(),
        is_last_main_teacher: main_teachers == 1 && is_main_teacher(one),
    };
    Ok(ReplaceHeadPage {
        frame: framed(&mut visit, "Confier la direction".to_owned()).await?,
        faults,
        typed,
        school,
        head: head(&staff).map(name),
        colleagues: colleagues.map(colleague).collect(),
    })
}

fn is_main_teacher(person: &StaffItem) -> bool {
    person.role == StaffRole::MainTeacher
}

async fn act(
    state: &AppState,
    caller: &Caller,
    uai: &Uai,
    form: &Form,
) -> Result<Redirect, NotDone> {
    caller.authorize(Action::AppointHead, uai)?;
    form.wanted()?;
    headship::replace(state, caller, uai, form.text("head")).await?;
    Ok(done(&path(uai), caller))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        frame::Place,
        testing::{NASTY, checked, framed, listed},
    };

    fn page(name: &str, colleagues: u128) -> String {
        let colleague = |id| Colleague {
            id: PersonId::new(Uuid::from_u128(id)),
            name: name.to_owned(),
            role: StaffRole::MainTeacher.label(),
            is_last_main_teacher: colleagues == 1,
        };
        checked(&ReplaceHeadPage {
            frame: framed("Confier la direction", Place::Establishments),
            faults: Faults::default(),
            typed: Form::default(),
            school: listed(name),
            head: Some(name.to_owned()),
            colleagues: (0..colleagues).map(colleague).collect(),
        })
    }

    /// Nobody is chosen beforehand, and who leaves is said before the button; with nobody to choose, the page
    /// leads to inviting somebody.
    #[test]
    fn nobody_is_chosen_beforehand() {
        for name in NASTY {
            let html = page(name, 2);
            assert_eq!(html.matches("type=\"radio\"").count(), 2, "{html}");
            assert!(!html.contains(" checked"), "{html}");
            assert!(!html.contains("c'est le seul"), "{html}");
            assert!(page(name, 1).contains("c'est le seul"));
            let html = page(name, 0);
            assert!(!html.contains("<form method=\"post\" action=\"/administration"));
            assert!(html.contains("/chef/inviter"), "{html}");
        }
    }
}
