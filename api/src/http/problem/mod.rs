//! Every error answer: RFC 9457 problem details, in French, saying what to do.

mod code;
mod fields;
mod refusal;

use std::{borrow::Cow, error::Error, fmt::Write as _, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::{
    code::Code,
    fields::{FieldError, FieldErrors, Wrong},
};
use crate::accounts::password::PasswordError;

/// The media type of every error answer (RFC 9457, section 3).
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// The body of an error answer (RFC 9457, section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Identifies the kind of problem.
    #[schema(example = "urn:problem-type:monstage:class_not_empty")]
    r#type: String,
    /// The kind of problem, in French.
    #[schema(example = "Classe non vide")]
    title: &'static str,
    /// The status of the answer.
    #[schema(example = 409)]
    status: u16,
    /// What happened and what to do, in French.
    #[schema(example = "Cette classe contient encore 3 élèves : déplacez-les d'abord.")]
    detail: Cow<'static, str>,
    /// The kind of problem, for programs.
    code: Code,
    /// The number of the request (`x-request-id`), when the server failed: quote it to support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:uuid:019ab0c4-7c00-7000-8000-000000000001")]
    instance: Option<String>,
    /// The fields at fault, all of them at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

/// An error answer.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    status: StatusCode,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    cause: Option<Cause>,
    /// In whole seconds.
    retry_after: Option<u64>,
}

/// Why the server failed, for its log and never for its clients. Travels as an extension of the
/// answer to where every request is logged once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause(pub(super) String);

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
            cause: Some(Cause(cause)),
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

    /// What an answer that is an error, but no problem yet, becomes: from the router (404, 405), a
    /// layer (413, 503), a panic or [`Problem::failure`].
    pub(super) fn of_bare(status: StatusCode, request: Uuid) -> Self {
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
            StatusCode::SERVICE_UNAVAILABLE => Self::new(
                Code::Unavailable,
                format!(
                    "Le service ne répond pas pour le moment. Vérifiez si votre action a été prise \
                     en compte, puis réessayez dans un instant. Demande n° {request}."
                ),
            ),
            status if status.is_server_error() => Self::new(
                Code::Internal,
                format!(
                    "Une erreur imprévue s'est produite. Réessayez ; si elle persiste, \
                     signalez-la en indiquant la demande n° {request}."
                ),
            ),
            _ => Self::malformed("La demande n'a pas été comprise : voir /api/docs."),
        };
        problem.with_status(status)
    }

    /// The answer's body, with the request's number where the server failed.
    pub(super) fn body(self, request: Option<Uuid>) -> ProblemBody {
        let request = request.filter(|_| self.status.is_server_error());
        ProblemBody {
            r#type: format!("urn:problem-type:monstage:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            instance: request.map(|id| id.urn().to_string()),
            errors: self.errors,
        }
    }
}

impl ProblemBody {
    /// As JSON; its types cannot fail to be written.
    pub(super) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = self.status;
        if let Some(cause) = self.cause.take() {
            // The body needs the request's number, which is known where requests are logged.
            let mut response = status.into_response();
            response.extensions_mut().insert(cause);
            return response;
        }
        let retry_after = self.retry_after;
        let mut response = (status, self.body(None).json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 15.5.2: a 401 names a way to authenticate.
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
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
    use axum::body::to_bytes;
    use serde_json::{Value, json};

    use super::*;

    async fn rendered(problem: Problem) -> (Response<()>, Value) {
        let (parts, body) = problem.into_response().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        (Response::from_parts(parts, ()), json)
    }

    /// Clients show `detail` and mark `errors`; both must be where RFC 9457 and the contract put
    /// them, whatever the route.
    #[tokio::test]
    async fn a_problem_has_the_members_of_the_contract() {
        let mut errors = FieldErrors::default();
        errors.take::<()>("name", Err(("required", "Donnez un nom.".into())));
        let (response, body) = rendered(errors.into()).await;

        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        assert_eq!(
            body,
            json!({
                "type": "urn:problem-type:monstage:validation",
                "title": "Informations à corriger",
                "status": 422,
                "detail": "Donnez un nom.",
                "code": "validation",
                "errors": [{"field": "name", "code": "required", "detail": "Donnez un nom."}],
            })
        );
        let (response, _) = rendered(Problem::new(Code::Unauthenticated, "…")).await;
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }

    /// A program waits as long as it is told, and not a moment less: a wait that is rounded down ends
    /// in the next refusal.
    #[tokio::test]
    async fn a_wait_is_told_in_whole_seconds_rounded_up() {
        for (wait, header, told) in [
            (Duration::ZERO, "1", "1 seconde."),
            (Duration::from_millis(4_001), "5", "5 secondes."),
            (Duration::from_secs(5), "5", "5 secondes."),
            (Duration::from_secs(299), "299", "5 minutes."),
        ] {
            let (response, body) = rendered(Problem::rate_limited(wait)).await;
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()[header::RETRY_AFTER], header);
            assert_eq!(body["code"], "rate_limited");
            assert!(body["detail"].as_str().unwrap().ends_with(told));
        }
    }

    /// What failed inside may name tables, files or hosts. It goes to the log by way of an
    /// extension, and never into the answer.
    #[tokio::test]
    async fn a_failure_keeps_its_cause_to_itself() {
        let error = StoreError::Damaged {
            stream: "secret table".to_owned(),
            detail: "row 7".to_owned(),
        };
        let (response, body) = rendered(error.into()).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body, Value::Null);
        let cause = response.extensions().get::<Cause>().unwrap();
        assert!(cause.0.contains("secret table"));

        let request = Uuid::from_u128(7);
        let shown = Problem::of_bare(response.status(), request).body(Some(request));
        assert!(shown.detail.contains(&request.to_string()));
        assert_eq!(shown.instance.as_deref(), Some(&*request.urn().to_string()));
    }
}
