//! Signing in (manual, "Comment accéder à son compte ?").

pub(crate) mod first;

mod way_back;

use accounts::password::Password;
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use web::{
    AppState, ClientAddress,
    boundary::RequestId,
    session::{self, SignedIn},
};

use self::way_back::WayBack;
use crate::{
    form::{Faults, Form, LOOK_AGAIN, NotDone},
    frame::{Frame, Page, tab},
};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/connexion", get(show).post(sign_in))
}

/// "Connexion".
#[derive(Template)]
#[template(path = "sign_in/page.html")]
struct SignInPage {
    frame: Frame,
    faults: Faults,
    email: String,
    back: WayBack,
    /// Whether a session ended while a form was filled in.
    interrupted: bool,
}

impl SignInPage {
    fn new(back: WayBack) -> Self {
        Self {
            frame: Frame::for_anybody("Me connecter"),
            faults: Faults::default(),
            email: String::new(),
            interrupted: !back.typed.is_empty(),
            back,
        }
    }
}

/// What was typed before a session ended, to be looked at and sent again.
#[derive(Template)]
#[template(path = "sign_in/resume.html")]
struct ResumePage {
    frame: Frame,
    action: String,
    typed: Form,
    look_again: &'static str,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    retour: String,
}

async fn show(Query(asked): Query<Asked>) -> Page<SignInPage> {
    Page(SignInPage::new(WayBack::new(&asked.retour, "")))
}

async fn sign_in(
    State(state): State<AppState>,
    client: ClientAddress,
    request: RequestId,
    form: Form,
) -> Response {
    let back = WayBack::new(form.text("retour"), form.text("saisie"));
    let email = form.text("email");
    let password = Password::from(form.text("password").to_owned());
    let correlation = request.correlation();
    match session::sign_in(&state, client, correlation, email, &password).await {
        Ok(signed_in) => go_on(back, signed_in),
        Err(problem) => {
            let faults = Faults::from(NotDone::Refused(problem.clone()));
            let page = SignInPage {
                faults,
                email: email.to_owned(),
                ..SignInPage::new(back)
            };
            (problem.status(), Page(page)).into_response()
        }
    }
}

/// To where they were going, or to what they had typed.
fn go_on(back: WayBack, signed_in: SignedIn) -> Response {
    let SignedIn {
        account, cookie, ..
    } = signed_in;
    let cookie = [(header::SET_COOKIE, cookie)];
    if back.typed.is_empty() {
        let path = if back.path.is_empty() {
            tab(account.role, account.class).path
        } else {
            back.path
        };
        return (cookie, Redirect::to(&path)).into_response();
    }
    let page = ResumePage {
        frame: Frame::for_anybody("Vous êtes de nouveau connecté"),
        action: back.path,
        typed: Form::read(&back.typed),
        look_again: LOOK_AGAIN,
    };
    (cookie, Page(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked};

    /// A session ends while a form is filled in: what was typed comes back as it was, letter for letter.
    #[test]
    fn what_was_typed_is_carried_whole() {
        for text in NASTY {
            let typed: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("name", text)
                .append_pair("name", "encore")
                .finish();
            let back = WayBack::new("/etablissement/classes/ajouter", &typed);
            let html = checked(&SignInPage {
                email: text.to_owned(),
                ..SignInPage::new(back)
            });
            assert!(html.contains(&typed.replace('&', "&#38;")), "{html}");
            let fields = Form::read(&typed);
            assert_eq!(fields.text("name"), text);
            let html = checked(&ResumePage {
                frame: Frame::for_anybody("Vous êtes de nouveau connecté"),
                action: "/etablissement/classes/ajouter".to_owned(),
                typed: fields,
                look_again: LOOK_AGAIN,
            });
            assert_eq!(html.matches("name=\"name\"").count(), 2);
        }
    }
}
