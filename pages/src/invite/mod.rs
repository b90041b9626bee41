//! Inviting one person to the staff ("Inviter").

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::{ids::ClassId, values::StaffRole};
use projections::classes;
use web::{
    AppState, ClientAddress,
    caller::Caller,
    fields,
    invitations::{self, Typed, invited_role},
    permissions::Action,
    problem::{Code, Problem},
};

use crate::{
    classes::MOST_CLASSES,
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Visit, done, own_establishment},
    staff,
};

const PATH: &str = "/etablissement/personnels/inviter";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show).post(invite))
}

#[derive(Template)]
#[template(path = "invite/page.html")]
struct InvitePage {
    frame: Frame,
    faults: Faults,
    typed: Form,
    roles: Vec<StaffRole>,
    classes: Vec<(ClassId, String)>,
}

/// What one may be invited as.
pub(crate) fn roles() -> Vec<StaffRole> {
    let roles = StaffRole::ALL.iter().copied();
    roles
        .filter(|role| invited_role(role.as_str()).is_ok())
        .collect()
}

/// What a form to invite begins with: main teachers are whom a head invites first.
pub(crate) fn usual() -> Form {
    Form::read(&format!("role={}", StaffRole::MainTeacher.as_str()))
}

async fn show(visit: Visit) -> Result<Page<InvitePage>, Problem> {
    page(visit, Faults::default(), usual()).await
}

async fn invite(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, client, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            let faults = Faults::from(not_done);
            let status = faults.status();
            let visit = Visit::again(&state, caller).await?;
            Ok((status, page(visit, faults, form).await?).into_response())
        }
    }
}

async fn page(mut visit: Visit, faults: Faults, typed: Form) -> Result<Page<InvitePage>, Problem> {
    let establishment = visit.establishment(Action::ManageStaff)?;
    let frame = visit.frame("Inviter une personne", Place::Staff).await?;
    let classes = classes::list(&mut visit.conn(), &establishment, None, MOST_CLASSES).await?;
    let choice = |class: classes::ClassItem| (class.id, class.name);
    Ok(Page(InvitePage {
        frame,
        faults,
        typed,
        roles: roles(),
        classes: classes.into_iter().map(choice).collect(),
    }))
}

async fn act(
    state: &AppState,
    caller: &Caller,
    client: ClientAddress,
    form: &Form,
) -> Result<Redirect, NotDone> {
    let establishment = own_establishment(caller, Action::ManageStaff)?;
    form.wanted()?;
    let typed = Typed {
        email: form.text("email"),
        first_name: form.text("first_name"),
        last_name: form.text("last_name"),
        role: form.text("role"),
        class: Some(form.text("class_id")),
    };
    let guest = typed.read(establishment)?;
    match invitations::invite(state, &caller.by(), client, guest).await {
        Ok(_) => Ok(done(staff::PATH, caller)),
        // Of all that is named, only the class may be gone.
        Err(problem) if problem.code() == Code::NotFound => Err(fields::unknown_class().into()),
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// A head is never among those whom a head invites.
    #[test]
    fn one_is_invited_as_a_colleague() {
        use StaffRole::{Counsellor, MainTeacher, Teacher};
        assert_eq!(roles(), [MainTeacher, Teacher, Counsellor]);
    }

    /// A refused form comes back as it was typed, with each fault beside its field and a way to it.
    #[test]
    fn a_refused_form_comes_back_as_it_was_typed() {
        let class = ClassId::new(Uuid::from_u128(1));
        for name in NASTY {
            let typed = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("first_name", name)
                .append_pair("role", "counsellor")
                .append_pair("class_id", &class.to_string())
                .finish();
            let uai = domain::values::Uai::parse("9990021U").unwrap();
            let problem = Typed {
                email: "",
                first_name: "Lise",
                last_name: "",
                role: "teacher",
                class: None,
            };
            let problem = problem.read(uai).err().unwrap();
            let html = checked(&InvitePage {
                frame: framed("Inviter une personne", Place::Staff),
                faults: Faults::from(NotDone::Refused(problem)),
                typed: Form::read(&typed),
                roles: roles(),
                classes: vec![(class, name.to_owned())],
            });
            for field in ["email", "last_name"] {
                assert!(html.contains(&format!("<a href=\"#{field}\">")), "{html}");
                assert!(html.contains(&format!("id=\"{field}-faute\"")), "{html}");
            }
            assert!(html.contains(r#"value="counsellor" checked"#), "{html}");
            assert!(html.contains(&format!("value=\"{class}\" selected")));
        }
    }
}
