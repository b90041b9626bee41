//! Having a link sent once more, by giving one's address (manual, "Mot de passe oublié" and "Je n'ai pas reçu le
//! message d'activation de compte, que faire ?").

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use web::{AppState, ClientAddress, activation, once::Repeatable, password, problem::Problem};

use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page},
    mail_sent,
};

const ACTIVATION: &str = "/activation/renvoi";
const PASSWORD: &str = "/mot-de-passe/oublie";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(
            ACTIVATION,
            get(async || Page(for_activation())).post(ask_activation),
        )
        .route(
            PASSWORD,
            get(async || Page(for_password())).post(ask_password),
        )
}

#[derive(Template)]
#[template(path = "ask_link/page.html")]
struct AskLinkPage {
    frame: Frame,
    faults: Faults,
    action: &'static str,
    lead: &'static str,
    label: &'static str,
    email: String,
}

fn for_activation() -> AskLinkPage {
    AskLinkPage {
        frame: Frame::for_nobody("Vous n'avez pas reçu le message d'activation"),
        faults: Faults::default(),
        action: ACTIVATION,
        lead: "Regardez d'abord dans les messages indésirables. Sinon, nous l'envoyons à nouveau.",
        label: "Indiquez votre identifiant (votre adresse électronique)",
        email: String::new(),
    }
}

fn for_password() -> AskLinkPage {
    AskLinkPage {
        frame: Frame::for_nobody("Mot de passe oublié"),
        action: PASSWORD,
        lead: "Vous recevrez un lien pour en choisir un autre.",
        label: "Adresse électronique",
        ..for_activation()
    }
}

async fn ask_activation(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    form: Form,
) -> Response {
    let asked = activation::send_again(&state, client, request, form.text("email")).await;
    answer(asked, mail_sent::ACTIVATION_ASKED, for_activation(), &form)
}

async fn ask_password(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    form: Form,
) -> Response {
    let asked = password::ask(&state, client, request, form.text("email")).await;
    answer(asked, mail_sent::PASSWORD_ASKED, for_password(), &form)
}

fn answer(
    asked: Result<(), Problem>,
    next: &'static str,
    page: AskLinkPage,
    form: &Form,
) -> Response {
    let Err(problem) = asked else {
        return Redirect::to(next).into_response();
    };
    let page = AskLinkPage {
        email: form.text("email").to_owned(),
        faults: Faults::from(NotDone::Refused(problem.clone())),
        ..page
    };
    (problem.status(), Page(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked};

    /// An address comes back as it was typed, to be mended.
    #[test]
    fn what_was_typed_is_shown_as_it_was() {
        for page in [for_activation, for_password] {
            for text in NASTY {
                let email = text.to_owned();
                checked(&AskLinkPage { email, ..page() });
            }
        }
    }
}
