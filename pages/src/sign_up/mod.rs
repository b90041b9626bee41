//! Signing up (manual, "Comment inscrire l'établissement" and "Comment inscrire les professeurs principaux ?"): who
//! one is, then the establishment, then the form. An invitation's link leads to a form that is filled in already.

mod place;

use accounts::password::Password;
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::values::{Role, StaffRole};
use serde::Deserialize;
use web::{
    AppState, ClientAddress,
    invitation::{self, Invited},
    once::Repeatable,
    problem::{Code, Problem},
    sign_up_form::SignUpForm,
    signing_up,
};

use self::place::Place;
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page},
    mail_sent,
    search::Search,
};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/inscription", get(show).post(sign_up))
}

/// "Créer mon compte".
#[derive(Template)]
#[template(path = "sign_up/page.html")]
struct SignUpPage {
    frame: Frame,
    faults: Faults,
    typed: SignUpForm,
    /// Whether it is a pupil's; none until they said.
    is_student: Option<bool>,
    search: Search,
    /// Where they sign up, once they chose.
    place: Option<Place>,
    roles: &'static [StaffRole],
}

/// What was chosen so far, as the steps' links and the search carry it.
#[derive(Deserialize)]
struct Steps {
    #[serde(default)]
    je: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    uai: String,
    #[serde(default)]
    invitation: String,
}

impl Steps {
    /// Whether a pupil signs up; none when it was not said.
    fn is_student(&self) -> Option<bool> {
        match self.je.as_str() {
            "eleve" => Some(true),
            "equipe" => Some(false),
            _ => None,
        }
    }
}

impl SignUpPage {
    /// Who signs up, as the steps' links carry it.
    fn who(&self) -> &'static str {
        if self.is_student == Some(true) {
            "eleve"
        } else {
            "equipe"
        }
    }

    /// What leads to an establishment that was found, but for its number.
    fn address(&self) -> String {
        format!("/inscription?je={}&uai=", self.who())
    }

    fn new(is_student: Option<bool>, typed: SignUpForm) -> Self {
        Self {
            frame: Frame::for_nobody("Créer mon compte"),
            faults: Faults::default(),
            typed,
            is_student,
            search: Search::default(),
            place: None,
            roles: StaffRole::ALL,
        }
    }

    /// Whether an invitation fills the form in.
    fn is_invited(&self) -> bool {
        !self.typed.invitation.is_empty()
    }
}

async fn show(
    State(state): State<AppState>,
    client: ClientAddress,
    Query(steps): Query<Steps>,
) -> Result<Page<SignUpPage>, Problem> {
    if !steps.invitation.is_empty() {
        let invited = invitation::read(&state, client, &steps.invitation).await?;
        return Ok(Page(filled_in(steps.invitation, invited)));
    }
    let mut page = SignUpPage::new(steps.is_student(), SignUpForm::default());
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    page.place = Place::find(conn, &steps.uai, state.sign_up.order).await?;
    if page.place.is_none() {
        page.search = Search::run(conn, &steps.q).await?;
    }
    page.typed.uai = steps.uai;
    Ok(Page(page))
}

/// The form as the invitation fills it in.
fn filled_in(token: String, invited: Invited) -> SignUpPage {
    let said = invited.invitation;
    let typed = SignUpForm {
        role: said.role.as_str().to_owned(),
        email: invited.invitee.email.to_string(),
        first_name: said.first_name.unwrap_or_default(),
        last_name: said.last_name.unwrap_or_default(),
        uai: invited.invitee.establishment.to_string(),
        invitation: token,
        ..SignUpForm::default()
    };
    SignUpPage {
        place: Some(Place::from(invited.establishment)),
        ..SignUpPage::new(Some(false), typed)
    }
}

async fn sign_up(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    form: Form,
) -> Result<Response, Problem> {
    let typed = typed(&form);
    let Err(problem) = signing_up::sign_up(&state, client, request, &typed).await else {
        let next = match typed.invitation.as_str() {
            "" => mail_sent::SIGNED_UP,
            _ => "/connexion",
        };
        return Ok(Redirect::to(next).into_response());
    };
    if problem.code() == Code::TokenInvalid {
        return Err(problem);
    }
    let mut reader = state.reader().await?;
    let place = Place::find(&mut reader.conn(), &typed.uai, state.sign_up.order).await?;
    let is_student = Some(typed.role == Role::Student.as_str());
    let faults = Faults::from(NotDone::Refused(problem.clone()));
    let page = SignUpPage {
        place,
        search: Search {
            fault: faults.on("uai").to_owned(),
            ..Search::default()
        },
        faults,
        ..SignUpPage::new(is_student, typed)
    };
    Ok((problem.status(), Page(page)).into_response())
}

/// What was typed, as it was.
fn typed(form: &Form) -> SignUpForm {
    let text = |name| form.text(name).to_owned();
    SignUpForm {
        role: text("role"),
        email: text("email"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        uai: text("uai"),
        birth_date: text("birth_date"),
        class_id: text("class_id"),
        invitation: text("invitation"),
        password: Password::from(text("password")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked};

    /// A refused form comes back as it was typed, whoever typed it; a password never does.
    #[test]
    fn what_was_typed_is_shown_as_it_was() {
        for text in NASTY {
            for (is_student, invitation) in [(false, ""), (true, ""), (false, text)] {
                let typed = SignUpForm {
                    email: text.to_owned(),
                    first_name: text.to_owned(),
                    invitation: invitation.to_owned(),
                    password: Password::from("un secret bien gardé".to_owned()),
                    ..SignUpForm::default()
                };
                let html = checked(&SignUpPage {
                    place: Some(Place::sample(text)),
                    ..SignUpPage::new(Some(is_student), typed)
                });
                assert!(!html.contains("bien gardé"), "{html}");
                assert_eq!(html.contains("name=\"password\""), !invitation.is_empty());
                assert_eq!(html.contains("name=\"birth_date\""), is_student);
            }
        }
    }
}
