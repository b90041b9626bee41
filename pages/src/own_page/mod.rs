//! "Ma page": what is known of a pupil, and for whoever is in no establishment the way to join one again.

mod joining;

use accounts::{account, person};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use projections::classes;
use serde::Deserialize;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{Code, Problem},
    rejoining::{Typed, rejoin},
};

use self::joining::Joining;
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Place, Visit, done},
    roster::day,
};

const PATH: &str = "/ma-page";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show).post(join))
}

#[derive(Template)]
#[template(path = "own_page/page.html")]
struct OwnPage {
    frame: Frame,
    faults: Faults,
    /// "12/03/2012", when it is known.
    born: String,
    /// The name of their class, if they have one.
    class: Option<String>,
    /// For a pupil in no establishment.
    joining: Option<Joining>,
}

/// What was typed and chosen so far to join an establishment.
#[derive(Deserialize)]
struct Asked {
    /// What to search for.
    #[serde(default)]
    q: String,
    #[serde(default)]
    uai: String,
    #[serde(default)]
    class_id: String,
}

type Shown = (StatusCode, Page<OwnPage>);

async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Shown, Problem> {
    page(&state, visit, Faults::default(), asked).await
}

async fn join(
    State(state): State<AppState>,
    caller: Caller,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            let visit = Visit::again(&state, caller).await?;
            let asked = Asked {
                q: String::new(),
                uai: form.text("uai").to_owned(),
                class_id: form.text("class_id").to_owned(),
            };
            let page = page(&state, visit, Faults::from(not_done), asked).await?;
            Ok(page.into_response())
        }
    }
}

async fn page(
    state: &AppState,
    mut visit: Visit,
    mut faults: Faults,
    asked: Asked,
) -> Result<Shown, Problem> {
    visit.caller.authorize_anywhere(Action::JoinEstablishment)?;
    let frame = visit.frame("Ma page", Place::Elsewhere).await?;
    let pupil = visit.caller.account;
    let conn = &mut visit.conn();
    let born = person::birth_date(conn, pupil).await?;
    let class = match account::get(conn, pupil).await?.and_then(|own| own.class) {
        Some(class) => classes::get(conn, class).await?,
        None => None,
    };
    let mut joining = None;
    if frame.school().is_none() {
        let order = state.sign_up.order;
        joining = Some(Joining::new(conn, asked, &mut faults, order).await?);
    }
    let page = OwnPage {
        frame,
        faults,
        born: born.as_deref().map(day).unwrap_or_default(),
        class: class.map(|class| class.name),
        joining,
    };
    Ok((page.faults.status(), Page(page)))
}

async fn act(state: &AppState, caller: &Caller, form: &Form) -> Result<Redirect, NotDone> {
    caller.authorize_anywhere(Action::JoinEstablishment)?;
    form.wanted()?;
    let typed = Typed {
        uai: form.text("uai"),
        class: form.text("class_id"),
    };
    match rejoin(state, caller, &typed).await {
        Ok(()) => Ok(done(PATH, caller)),
        // Of all that is named, only the class may be gone.
        Err(problem) if problem.code() == Code::NotFound => Err(fields::unknown_class().into()),
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use domain::{ids::ClassId, values::Role};
    use uuid::Uuid;
    use web::problem::FieldErrors;

    use super::{joining::Chosen, *};
    use crate::{
        frame::{Account, Reader, School, tab},
        search::Search,
        testing::{NASTY, checked, listed},
    };

    fn own_page(name: &str, school: Option<&str>, class: Option<&str>) -> OwnPage {
        let school = school.map(|name| School {
            name: name.to_owned(),
            year: None,
            waiting: 0,
        });
        let joining = school.is_none().then(Joining::default);
        let account = Account {
            name: name.to_owned(),
            role: Role::Student.label(),
            tab: tab(Role::Student, None),
            menu: Vec::new(),
            school,
        };
        OwnPage {
            frame: Frame {
                reader: Reader::SignedIn(account),
                ..Frame::for_anybody("Ma page")
            },
            faults: Faults::default(),
            born: day("2012-03-12"),
            class: class.map(str::to_owned),
            joining,
        }
    }

    fn joining(name: &str, joining: Joining) -> String {
        checked(&OwnPage {
            joining: Some(joining),
            ..own_page(name, None, None)
        })
    }

    /// A pupil sees what is written down of them, as it is written; one who waits for a class learns from
    /// whom it comes.
    #[test]
    fn a_pupil_sees_what_is_known_of_them() {
        for name in NASTY {
            let html = checked(&own_page(name, Some(name), Some(name)));
            assert!(html.contains("<dd>12/03/2012</dd>"), "{html}");
            assert!(!html.contains("pas encore de classe") && !html.contains("name=\"uai\""));
        }
        let html = checked(&own_page("Maëlle Amrani", Some("Collège Ampère"), None));
        assert!(html.contains("<dd>Maëlle Amrani</dd>"), "{html}");
        assert!(html.contains("<dd>Collège Ampère</dd>"));
        assert!(html.contains("Vous n'avez pas encore de classe"));
    }

    /// Whoever is in no establishment finds theirs by a search, which works without a script; nothing found
    /// says what else to try.
    #[test]
    fn a_pupil_in_no_establishment_searches_theirs() {
        for text in NASTY {
            let looking = |found| Joining {
                search: Search {
                    query: text.to_owned(),
                    found,
                    fault: String::new(),
                },
                chosen: None,
            };
            let html = joining(text, looking(vec![listed(text)]));
            assert!(html.contains("href=\"/ma-page?uai=9990021U\""), "{html}");
            assert!(!html.contains("Aucun établissement ne répond"));
            let html = joining(text, looking(Vec::new()));
            assert!(html.contains("Aucun établissement ne répond"), "{html}");
        }
        let html = joining("Noa", Joining::default());
        assert!(html.contains("method=\"get\" action=\"/ma-page\""));
        assert!(!html.contains("Aucun établissement ne répond"), "{html}");
    }

    fn chosen(name: &str, closed: &str) -> Joining {
        let class = ClassId::new(Uuid::from_u128(1));
        let chosen = Chosen {
            place: listed(name),
            closed: closed.to_owned(),
            classes: vec![(class, name.to_owned())],
            class: class.to_string(),
        };
        Joining {
            chosen: Some(chosen),
            ..Joining::default()
        }
    }

    /// A refused choice comes back as it was, with what is wrong beside it; an establishment whose turn has
    /// not come says so, and has no button that would be refused.
    #[test]
    fn a_pupil_chooses_a_class_and_joins() {
        for name in NASTY {
            let mut errors = FieldErrors::default();
            errors.take::<()>("class_id", Err(("not_found", "Elle n'existe plus.".into())));
            let html = checked(&OwnPage {
                faults: Faults::from(NotDone::Refused(errors.into())),
                joining: Some(chosen(name, "")),
                ..own_page(name, None, None)
            });
            assert!(html.contains("Rejoindre cet établissement</button>"));
            assert!(html.contains("000000000001\" selected"), "{html}");
            assert!(html.contains(r#"aria-describedby="class_id-aide class_id-faute""#));
            let html = joining(name, chosen(name, "Demandez à votre professeur."));
            assert!(html.contains("<p>Demandez à votre professeur.</p>"));
            assert!(!html.contains("Rejoindre cet établissement"), "{html}");
        }
    }
}
