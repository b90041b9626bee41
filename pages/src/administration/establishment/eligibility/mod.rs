//! "Décider de son éligibilité": an establishment takes part by derogation, or no longer.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::values::Uai;
use web::{
    AppState, PathId,
    caller::Caller,
    eligibility::{self, Typed},
    permissions::Action,
    problem::Problem,
};

use super::{find, framed, path};
use crate::{
    administration::standing::Standing,
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Visit, done},
};

pub(super) fn routes() -> Router<AppState> {
    let path = "/administration/etablissements/{uai}/eligibilite";
    Router::new().route(path, get(show).post(decide))
}

#[derive(Template)]
#[template(path = "administration/establishment/eligibility/page.html")]
struct EligibilityPage {
    frame: Frame,
    faults: Faults,
    typed: Form,
    standing: Standing,
}

async fn show(
    State(state): State<AppState>,
    visit: Visit,
    PathId(uai): PathId<Uai>,
) -> Result<Page<EligibilityPage>, Problem> {
    let page = page(&state, visit, &uai, Faults::default(), Form::default());
    Ok(Page(page.await?))
}

async fn decide(
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
            let page = page(&state, visit, &uai, faults, form).await?;
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(
    state: &AppState,
    mut visit: Visit,
    uai: &Uai,
    faults: Faults,
    typed: Form,
) -> Result<EligibilityPage, Problem> {
    let entry = find(&mut visit, Action::DecideEligibility, uai).await?;
    Ok(EligibilityPage {
        frame: framed(&mut visit, "Décider de son éligibilité".to_owned()).await?,
        faults,
        typed,
        standing: Standing::new(entry, state.sign_up.order),
    })
}

async fn act(
    state: &AppState,
    caller: &Caller,
    uai: &Uai,
    form: &Form,
) -> Result<Redirect, NotDone> {
    caller.authorize(Action::DecideEligibility, uai)?;
    form.wanted()?;
    let typed = Typed {
        eligible: form.text("eligible").parse().ok(),
        reason: form.text("reason"),
    };
    eligibility::decide(state, caller, &typed.read(uai.clone())?).await?;
    Ok(done(&path(uai), caller))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        frame::Place,
        testing::{NASTY, checked, framed},
    };

    fn page(name: &str, faults: Faults, typed: &str) -> String {
        checked(&EligibilityPage {
            frame: framed("Décider de son éligibilité", Place::Establishments),
            faults,
            typed: Form::read(typed),
            standing: Standing::sample(name),
        })
    }

    /// A refused decision comes back as it was typed, with each fault beside its field and a way to it.
    #[test]
    fn a_refused_decision_comes_back_as_it_was_typed() {
        for name in NASTY {
            let typed = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("eligible", "false")
                .append_pair("reason", name)
                .finish();
            let uai = Uai::parse("9990021U").unwrap();
            let nothing = Typed {
                eligible: None,
                reason: " ",
            };
            let problem = nothing.read(uai).err().unwrap();
            let html = page(name, NotDone::Refused(problem).into(), &typed);
            for field in ["eligible", "reason"] {
                assert!(html.contains(&format!("<a href=\"#{field}\">")), "{html}");
                assert!(html.contains(&format!("id=\"{field}-faute\"")), "{html}");
            }
            assert!(html.contains(r#"value="false" checked"#), "{html}");
            assert!(!html.contains(r#"value="true" checked"#), "{html}");
        }
    }

    /// Nobody is excluded by a form that was sent as it was found.
    #[test]
    fn nothing_is_chosen_beforehand() {
        let html = page("Collège Olympe", Faults::default(), "");
        assert!(!html.contains(" checked") && !html.contains("aria-invalid"));
    }
}
