//! What goes wrong, as people and programs are told: a code, what happened, in French, and what to do. The
//! API and the pages show it each in their way.

mod code;
mod fields;
mod refusal;

use std::{any::Any, borrow::Cow, error::Error, fmt::Write as _, time::Duration};

use accounts::{password::PasswordError, throttling::Wait};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use commands::Refusal;
use store::StoreError;
use uuid::Uuid;

pub use self::{
    code::Code,
    fields::{FieldError, FieldErrors, Wrong},
};

/// An error answer.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    status: StatusCode,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    /// Why the server failed, for its log and never for its clients.
    cause: Option<String>,
    /// In whole seconds.
    retry_after: Option<u64>,
}

impl Problem {
    /// The problem of this kind; `detail` says what happened and what to do, in French.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            status: code.status(),
            detail: detail.into(),
            errors: Vec::new(),
            cause: None,
            retry_after: None,
        }
    }

    /// Does not exist, or not for this caller: the two must look the same.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            Code::NotFound,
            "Cette page ou cet élément n'existe pas, ou n'existe plus. Vérifiez l'adresse, ou \
             revenez à la liste.",
        )
    }

    /// Input could not be understood.
    pub fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Malformed, detail)
    }

    /// Too much was asked lately: the same may be asked again after `wait`.
    #[must_use]
    pub fn rate_limited(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let when = match seconds {
            0..=1 => "1 seconde".to_owned(),
            2..=90 => format!("{seconds} secondes"),
            _ => format!("{} minutes", seconds.div_ceil(60)),
        };
        Self {
            retry_after: Some(seconds.max(1)),
            ..Self::new(
                Code::RateLimited,
                format!("Trop de tentatives en peu de temps : réessayez dans {when}."),
            )
        }
    }

    /// The server failed, or its database does: `error` is logged, and not shown.
    pub fn failure(code: Code, error: &dyn Error) -> Self {
        let mut cause = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let _ = write!(cause, ": {error}");
            source = error.source();
        }
        Self {
            cause: Some(cause),
            ..Self::new(code, "")
        }
    }

    /// Its kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The same problem, answered with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same problem, with the fields at fault.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// What happened and what to do, in French.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The fields at fault.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Why the server failed, for its log.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The problem that an answer is; none for one that is no error. An error that names none comes from the
    /// router (404, 405) or from a layer (413, 503).
    #[must_use]
    pub fn of(response: &Response, request: Uuid) -> Option<Self> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return None;
        }
        let known = response.extensions().get::<Self>();
        let problem = known.cloned().unwrap_or_else(|| Self::of_bare(status));
        Some(problem.naming(request))
    }

    /// What an error of this status means that says nothing else.
    #[must_use]
    pub fn of_bare(status: StatusCode) -> Self {
        let problem = match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                Code::MethodNotAllowed,
                "Cette adresse existe, mais pas pour cette méthode : voir l'en-tête Allow.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                Code::TooLarge,
                "La demande dépasse 1 Mio : envoyez-la en plusieurs fois.",
            ),
            StatusCode::SERVICE_UNAVAILABLE => Self::new(Code::Unavailable, ""),
            status if status.is_server_error() => Self::new(Code::Internal, ""),
            _ => Self::malformed("La demande n'a pas été comprise : voir /api/docs."),
        };
        problem.with_status(status)
    }

    /// A failure of the server says the number of the request, by which its log line is found.
    fn naming(mut self, request: Uuid) -> Self {
        if !self.detail.is_empty() {
            return self;
        }
        self.detail = if self.status == StatusCode::SERVICE_UNAVAILABLE {
            format!(
                "Le service ne répond pas pour le moment. Vérifiez si votre action a été prise \
                 en compte, puis réessayez dans un instant. Demande n° {request}."
            )
        } else {
            format!(
                "Une erreur imprévue s'est produite. Réessayez ; si elle persiste, \
                 signalez-la en indiquant la demande n° {request}."
            )
        }
        .into();
        self
    }
}

/// The link was used, replaced or taken back, or has expired.
pub(crate) fn token_invalid() -> Problem {
    Refusal::TokenInvalid.into()
}

/// Its status and headers; what is shown of it is written where it is known to whom, from the extension.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 15.5.2: a 401 names a way to authenticate.
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A handler panicked: the panic hook said where, the client gets a failure like any other.
pub(crate) fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    let problem = Problem {
        cause: Some("a handler panicked".to_owned()),
        ..Problem::new(Code::Internal, "")
    };
    problem.into_response()
}

impl From<Wait> for Problem {
    fn from(Wait(wait): Wait) -> Self {
        Self::rate_limited(wait)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // The rest of what the database may say, only a bug can cause.
        let code = if error.is_transient() || error.is_outage() {
            Code::Unavailable
        } else {
            Code::Internal
        };
        Self::failure(code, &error)
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        Self::failure(Code::Internal, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What failed inside may name tables, files or hosts: the log gets it, and whoever asked does not.
    #[test]
    fn a_failure_keeps_its_cause_for_the_log() {
        let problem = Problem::from(StoreError::Damaged {
            stream: "secret table".to_owned(),
            detail: "row 7".to_owned(),
        });
        assert!(problem.cause().unwrap().contains("secret table"));
        let request = Uuid::from_u128(7);
        let shown = Problem::of(&problem.into_response(), request).unwrap();
        assert!(shown.detail().contains(&request.to_string()));
        assert!(!shown.detail().contains("secret table"));
    }
}
