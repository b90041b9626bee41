//! Choosing a password by the link of a message: to activate an account, which signs in, or because the old one
//! is forgotten.

use accounts::password::Password;
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::header,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use web::{
    AppState, ClientAddress, activation,
    once::Repeatable,
    password,
    problem::{Code, Problem},
};

use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, tab},
};

const ACTIVATION: &str = "/activation";
const FORGOTTEN: &str = "/mot-de-passe";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(ACTIVATION, get(show_activation).post(activate))
        .route(FORGOTTEN, get(show_forgotten).post(set_password))
}

#[derive(Template)]
#[template(path = "choose_password/page.html")]
struct ChoosePasswordPage {
    frame: Frame,
    faults: Faults,
    action: &'static str,
    button: &'static str,
    token: String,
}

impl ChoosePasswordPage {
    fn activation(token: &str) -> Self {
        Self {
            frame: Frame::for_anybody("Activer mon compte"),
            faults: Faults::default(),
            action: ACTIVATION,
            button: "Activer mon compte",
            token: token.to_owned(),
        }
    }

    fn forgotten(token: &str) -> Self {
        Self {
            frame: Frame::for_anybody("Nouveau mot de passe"),
            action: FORGOTTEN,
            button: "Enregistrer",
            ..Self::activation(token)
        }
    }

    /// A link that is worth nothing needs no other password: what to do then has a page of its own.
    fn refused(self, problem: Problem) -> Response {
        if problem.code() != Code::Validation {
            return problem.into_response();
        }
        let status = problem.status();
        let faults = Faults::from(NotDone::Refused(problem));
        (status, Page(Self { faults, ..self })).into_response()
    }
}

/// The token of the link. Looking at the page does nothing: mail programs open links too.
#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

async fn show_activation(Query(link): Query<Link>) -> Page<ChoosePasswordPage> {
    Page(ChoosePasswordPage::activation(&link.token))
}

async fn show_forgotten(Query(link): Query<Link>) -> Page<ChoosePasswordPage> {
    Page(ChoosePasswordPage::forgotten(&link.token))
}

/// What the form holds: the link's token, and the password.
fn typed(form: &Form) -> (&str, Password) {
    let chosen = Password::from(form.text("password").to_owned());
    (form.text("token"), chosen)
}

async fn activate(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    form: Form,
) -> Response {
    let (token, chosen) = typed(&form);
    match activation::activate(&state, client, request, token, &chosen).await {
        Ok(opened) => {
            let home = tab(opened.account.role, opened.account.class).path;
            let cookie = [(header::SET_COOKIE, opened.cookie)];
            (cookie, Redirect::to(&home)).into_response()
        }
        Err(problem) => ChoosePasswordPage::activation(token).refused(problem),
    }
}

async fn set_password(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    form: Form,
) -> Response {
    let (token, chosen) = typed(&form);
    match password::choose(&state, client, request, token, &chosen).await {
        Ok(()) => Redirect::to("/connexion").into_response(),
        Err(problem) => ChoosePasswordPage::forgotten(token).refused(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked};

    /// A link is cut by a mail program, or made up: whatever it holds is text.
    #[test]
    fn a_token_is_text_whatever_it_holds() {
        for text in NASTY {
            checked(&ChoosePasswordPage::activation(text));
            checked(&ChoosePasswordPage::forgotten(text));
        }
    }
}
