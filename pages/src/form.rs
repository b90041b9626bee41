//! What forms send, and what they are shown again with when it is refused.

use axum::{
    extract::{self, FromRequest, Request},
    http::StatusCode,
    response::IntoResponse as _,
};
use web::{
    AppState,
    origin::refuse_others,
    problem::{FieldError, Problem},
};

/// The field by which a form asks to be seen again as it was typed, and to do nothing.
pub(crate) const LOOK_AGAIN: &str = "_revoir";

/// The fields of a form that one of our own pages sent.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl FromRequest<AppState> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        refuse_others(request.headers(), state.public_url.as_deref())?;
        match extract::Form::from_request(request, state).await {
            Ok(extract::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Err(Problem::of_bare(StatusCode::PAYLOAD_TOO_LARGE))
                }
                _ => Err(Problem::malformed(
                    "Le formulaire est arrivé incomplet : revenez à la page, puis envoyez-le de \
                     nouveau.",
                )),
            },
        }
    }
}

impl Form {
    /// What was typed in a field; nothing, where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map_or("", |(_, text)| text)
    }

    /// Whether a field was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Goes on when the form is to be acted on, and not only seen again.
    pub(crate) fn wanted(&self) -> Result<(), NotDone> {
        if self.text(LOOK_AGAIN).is_empty() {
            Ok(())
        } else {
            Err(NotDone::OnlyShown)
        }
    }

    /// Its fields.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// The fields that were typed into a form whose body this is.
    pub(crate) fn read(body: &str) -> Self {
        Self(
            url::form_urlencoded::parse(body.as_bytes())
                .into_owned()
                .collect(),
        )
    }
}

/// Why a form did nothing, and is shown again.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// It was to be seen again: a session had ended while it was filled in, or somebody thought better of it.
    OnlyShown,
    Refused(Problem),
}

impl<E> From<E> for NotDone
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What is said above a form and beside its fields.
#[derive(Default)]
pub(crate) struct Faults {
    /// Why nothing was done; empty on a form that nobody sent yet.
    pub(crate) summary: String,
    /// Each field at fault.
    pub(crate) fields: Vec<FieldError>,
    /// Whether the form is fine and waits to be sent.
    pub(crate) is_reminder: bool,
    status: StatusCode,
}

impl From<NotDone> for Faults {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::OnlyShown => Self {
                summary: "Voici votre saisie : rien n'est encore enregistré.".to_owned(),
                is_reminder: true,
                ..Self::default()
            },
            NotDone::Refused(problem) => Self {
                summary: problem.detail().to_owned(),
                fields: problem.errors().to_vec(),
                is_reminder: false,
                status: problem.status(),
            },
        }
    }
}

impl Faults {
    /// What is wrong with a field; nothing, when it is right.
    pub(crate) fn on(&self, field: &str) -> &str {
        let fault = self.fields.iter().find(|fault| fault.field == field);
        fault.map_or("", |fault| &fault.detail)
    }

    /// The status that the form is shown again with.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}
