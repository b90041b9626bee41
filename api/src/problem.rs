//! Every error answer: RFC 9457 problem details.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};
use uuid::Uuid;
use web::{
    boundary::RequestId,
    problem::{Code, Problem},
};

/// The media type of every error answer (RFC 9457, section 3).
const MEDIA_TYPE: &str = "application/problem+json";

/// The body of an error answer (RFC 9457, section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
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
    #[schema(value_type = CodeText)]
    code: Code,
    /// The number of the request (`x-request-id`), when the server failed: quote it to support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:uuid:019ab0c4-7c00-7000-8000-000000000001")]
    instance: Option<String>,
    /// The fields at fault, all of them at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldErrorBody>,
}

/// What is wrong with one field of the input.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldError)]
pub(crate) struct FieldErrorBody {
    /// Where it stands in the input.
    #[schema(example = "changes[3].class_id")]
    field: String,
    /// What is wrong, for programs: `required`, `too_long`, `invalid`, `unknown_field`…
    #[schema(example = "required")]
    code: Cow<'static, str>,
    /// What is wrong and what to do, in French.
    #[schema(example = "Choisissez une classe.")]
    detail: Cow<'static, str>,
}

/// How the document describes [`Code`], which knows no documentation.
struct CodeText;

impl PartialSchema for CodeText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What went wrong, for programs."))
            .enum_values(Some(Code::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl ToSchema for CodeText {
    fn name() -> Cow<'static, str> {
        "Code".into()
    }
}

impl ProblemBody {
    /// The body that shows this problem, with the request's number where the server failed.
    pub(crate) fn of(problem: &Problem, request: Option<Uuid>) -> Self {
        let request = request.filter(|_| problem.status().is_server_error());
        let errors = problem.errors().iter().map(|error| FieldErrorBody {
            field: error.field.clone(),
            code: error.code.clone(),
            detail: error.detail.clone(),
        });
        Self {
            r#type: format!("urn:problem-type:monstage:{}", problem.code().as_str()),
            title: problem.code().title(),
            status: problem.status().as_u16(),
            detail: problem.detail().to_owned().into(),
            code: problem.code(),
            instance: request.map(|id| id.urn().to_string()),
            errors: errors.collect(),
        }
    }

    /// As JSON; its types cannot fail to be written.
    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The layer that gives an answer which is an error the body of a problem; its headers stay (`Allow`).
pub(crate) async fn as_json(request: Request, next: Next) -> Response {
    let id = RequestId::of(request.extensions());
    let response = next.run(request).await;
    let Some(problem) = Problem::of(&response, id) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let media_type = HeaderValue::from_static(MEDIA_TYPE);
    parts.headers.insert(header::CONTENT_TYPE, media_type);
    Response::from_parts(
        parts,
        Body::from(ProblemBody::of(&problem, Some(id)).json()),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{
        Router,
        body::to_bytes,
        http::{Request, StatusCode},
        middleware,
        routing::get,
    };
    use serde_json::{Value, json};
    use store::StoreError;
    use tower::ServiceExt as _;
    use web::problem::FieldErrors;

    use super::*;

    async fn rendered(problem: Problem) -> (Response<()>, Value) {
        let app = Router::new()
            .route("/", get(async move || problem))
            .layer(middleware::from_fn(as_json));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let json = serde_json::from_slice(&bytes).unwrap();
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
        assert!(!body.to_string().contains("secret table"));
        assert!(!body.to_string().contains("row 7"));
        // No boundary gave the request a number here.
        let number = Uuid::nil();
        assert!(
            body["detail"]
                .as_str()
                .unwrap()
                .contains(&number.to_string())
        );
        assert_eq!(body["instance"], number.urn().to_string());
    }
}
