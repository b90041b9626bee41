//! "Retirer": somebody leaves the staff, once the head has read what follows.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use commands::{Refusal, remove_staff::RemoveStaff};
use domain::{ids::PersonId, values::StaffRole};
use projections::{classes, staff::StaffItem};
use web::{
    AppState, PathId, SignUpRules, caller::Caller, permissions::Action, problem::Problem,
    turn::SignUpOrder,
};

use crate::{
    classes::MOST_CLASSES,
    form::{Faults, Form, NotDone},
    frame::{self, Frame, Page, Place, Visit, done, own_establishment},
    staff::{self, rows::class_of},
};

pub(crate) fn routes() -> Router<AppState> {
    let path = "/etablissement/personnels/{id}/retirer";
    Router::new().route(path, get(show).post(remove))
}

#[derive(Template)]
#[template(path = "remove_staff/page.html")]
struct RemoveStaffPage {
    frame: Frame,
    faults: Faults,
    id: PersonId,
    name: String,
    role: &'static str,
    /// The name of the class that will have one main teacher less; empty where there is none.
    class: String,
    /// Whether pupils will have to wait for another main teacher to sign up.
    shuts_out: bool,
}

async fn show(
    State(state): State<AppState>,
    visit: Visit,
    PathId(id): PathId<PersonId>,
) -> Result<Page<RemoveStaffPage>, Problem> {
    page(&state, visit, Faults::default(), id).await
}

async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<PersonId>,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, id, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            let faults = Faults::from(not_done);
            let status = faults.status();
            let visit = Visit::again(&state, caller).await?;
            Ok((status, page(&state, visit, faults, id).await?).into_response())
        }
    }
}

async fn act(
    state: &AppState,
    caller: &Caller,
    staff: PersonId,
    form: &Form,
) -> Result<Redirect, NotDone> {
    let establishment = own_establishment(caller, Action::ManageStaff)?;
    form.wanted()?;
    let command = RemoveStaff {
        establishment,
        staff,
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(done(staff::PATH, caller))
}

/// Who leaves; nobody who is gone, nor the head.
async fn page(
    state: &AppState,
    mut visit: Visit,
    faults: Faults,
    id: PersonId,
) -> Result<Page<RemoveStaffPage>, Problem> {
    let establishment = visit.establishment(Action::ManageStaff)?;
    let conn = &mut visit.conn();
    let everybody = staff::everybody(conn, &establishment).await?;
    let known = everybody.iter().find(|one| one.id == id);
    let member = known.ok_or(Refusal::StaffNotFound)?;
    if member.role == StaffRole::Head {
        return Err(Refusal::HeadStays.into());
    }
    let classes = classes::list(conn, &establishment, None, MOST_CLASSES).await?;
    let class = class_of(&classes, id);
    let name = frame::name(member.first_name.as_deref(), member.last_name.as_deref());
    Ok(Page(RemoveStaffPage {
        frame: visit
            .frame(format!("Retirer {name} de l'équipe ?"), Place::Staff)
            .await?,
        faults,
        id,
        name,
        role: member.role.label(),
        class: class.map_or_else(String::new, |class| class.name.clone()),
        shuts_out: shuts_out(member, &everybody, state.sign_up),
    }))
}

/// Pupils sign up once there is a main teacher.
fn shuts_out(leaving: &StaffItem, staff: &[StaffItem], rules: SignUpRules) -> bool {
    let is_main = |one: &&StaffItem| one.role == StaffRole::MainTeacher;
    rules.order == SignUpOrder::Strict
        && is_main(&leaving)
        && staff.iter().filter(is_main).count() == 1
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// What cannot be taken back by a click is read before: who, and what follows.
    #[test]
    fn the_page_names_the_person_and_what_follows() {
        for name in NASTY {
            let page = |class: &str, shuts_out| {
                checked(&RemoveStaffPage {
                    frame: framed("Retirer", Place::Staff),
                    faults: Faults::default(),
                    id: PersonId::new(Uuid::from_u128(1)),
                    name: name.to_owned(),
                    role: "professeur principal",
                    class: class.to_owned(),
                    shuts_out,
                })
            };
            let html = page("3e A", true);
            assert!(html.contains("3e A") && html.contains("Ne rien changer"));
            assert!(html.contains("pourront plus"), "{html}");
            let html = page("", false);
            assert!(!html.contains("perd ce professeur") && !html.contains("pourront plus"));
        }
    }
}
