//! How input is read: query parameters, JSON bodies, and the fields in them.
//!
//! Handlers read a body only once they know that the caller may: what is wrong with it is none of
//! anybody else's business.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
pub(crate) use web::PathId;
use web::problem::{FieldErrors, Problem, Wrong};

/// The query parameters, each a text to be read further.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(_) => Err(Problem::malformed(
                "Les paramètres de l'adresse sont illisibles : chacun n'y figure qu'une fois.",
            )),
        }
    }
}

/// A JSON body, still to be read.
pub(crate) struct JsonBody {
    is_json: bool,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(is_json);
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self { is_json, bytes }),
            Err(rejection) => {
                let status = rejection.into_response().status();
                Err(Problem::of_bare(status))
            }
        }
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

impl JsonBody {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// `malformed` when it is no JSON object, `validation` when it holds a field that is unknown or
    /// of another type.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if !self.is_json {
            return Err(Problem::malformed(
                "Envoyez du JSON, avec l'en-tête Content-Type: application/json.",
            )
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        // Serde would take the items of a list for the fields, in order.
        if self.bytes.trim_ascii_start().starts_with(b"[") {
            return Err(Problem::malformed(
                "Le corps de la demande est une liste : envoyez un objet JSON.",
            ));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&self.bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            refused(&path, error.inner())
        })?;
        deserializer.end().map_err(|error| refused(".", &error))?;
        Ok(value)
    }
}

/// Tells what serde refused; `.` is the path of the whole.
fn refused(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() || path == "." {
        return Problem::malformed(format!(
            "Le corps de la demande n'est pas un objet JSON lisible (ligne {}, colonne {}).",
            error.line(),
            error.column()
        ));
    }
    let unknown = error.to_string().starts_with("unknown field");
    let wrong: Wrong = if unknown {
        (
            "unknown_field",
            format!("Le champ « {path} » n'existe pas : retirez-le.").into(),
        )
    } else {
        (
            "invalid",
            format!("La valeur du champ « {path} » n'a pas la forme attendue.").into(),
        )
    };
    let mut errors = FieldErrors::default();
    errors.take::<()>(path, Err(wrong));
    errors.into()
}

/// A field that may be null but must be there: null is then `Some(None)`.
#[expect(
    clippy::option_option,
    reason = "null says something, absent says nothing"
)]
pub(crate) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;
    use crate::problem::ProblemBody;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only whether it is read matters here")]
        class: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Lines {
        #[expect(dead_code, reason = "only whether it is read matters here")]
        lines: Vec<Line>,
    }

    fn problem(content_type: &str, body: &'static str) -> Value {
        let body = JsonBody {
            is_json: is_json(content_type),
            bytes: Bytes::from_static(body.as_bytes()),
        };
        let problem = body.read::<Lines>().unwrap_err();
        serde_json::to_value(ProblemBody::of(&problem, None)).unwrap()
    }

    /// A client whose field is misspelled must learn which, not have it ignored: an ignored
    /// `from_class_id` would move a pupil that the caller did not mean to.
    #[test]
    fn an_unknown_field_is_named() {
        let refused = problem("application/json", r#"{"lines": [{}, {"klass": 1}]}"#);
        assert_eq!(refused["status"], 422);
        assert_eq!(refused["errors"][0]["field"], "lines[1].klass");
        assert_eq!(refused["errors"][0]["code"], "unknown_field");

        let refused = problem("application/json", r#"{"lines": [{"class": 1}]}"#);
        assert_eq!(refused["errors"][0]["field"], "lines[0].class");
        assert_eq!(refused["errors"][0]["code"], "invalid");
    }

    /// What is no JSON at all is another mistake than a wrong field, and has another answer.
    #[test]
    fn what_is_no_json_object_is_malformed() {
        for body in [
            "",
            "{",
            "[]",
            "[[]]",
            "null",
            r#"{"lines": []} x"#,
            "{\"lines\": \"\u{0}\"}",
        ] {
            let refused = problem("application/json; charset=utf-8", body);
            assert_eq!(refused["status"], 400, "{body}");
            assert_eq!(refused["code"], "malformed", "{body}");
        }
        let refused = problem("text/plain", r#"{"lines": []}"#);
        assert_eq!(refused["status"], 415);
        assert_eq!(refused["code"], "malformed");
    }
}
