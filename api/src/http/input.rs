//! How input is read: path ids, query parameters, JSON bodies, and the fields in them.
//!
//! Handlers read a body only once they know that the caller may: what is wrong with it is none of
//! anybody else's business.

use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    event::Event,
    values::{ClassName, ClassNameError, EmailAddress, PersonName, PersonNameError, Track, Uai},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::problem::{FieldErrors, Problem, Wrong};
use crate::{
    accounts::password::{self, Password, PasswordRule},
    instant::{self, InstantError},
};

/// The id in the path. What is no id names nothing: `not_found`.
pub(super) struct PathId<T>(pub(super) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::<String>::from_request_parts(parts, state)
            .await
            .ok()
            .and_then(|Path(text)| text.parse().ok())
            .map(Self)
            .ok_or_else(Problem::not_found)
    }
}

/// The query parameters, each a text to be read further.
pub(super) struct Params<T>(pub(super) T);

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
pub(super) struct JsonBody {
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
                Err(Problem::of_bare(status, uuid::Uuid::nil()))
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
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
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

/// A required text: the name of a class.
pub(super) fn class_name(text: &str) -> Result<ClassName, Wrong> {
    ClassName::parse(text).map_err(|error| match error {
        ClassNameError::Empty => ("required", "Donnez un nom à la classe.".into()),
        ClassNameError::TooLong { length } => (
            "too_long",
            format!(
                "Le nom de la classe compte {length} caractères : {} au plus.",
                ClassName::LONGEST
            )
            .into(),
        ),
        ClassNameError::Unprintable => (
            "invalid",
            "Le nom de la classe contient des caractères invisibles : saisissez-le à nouveau."
                .into(),
        ),
    })
}

/// A required text: a track.
pub(super) fn track(text: &str) -> Result<Track, Wrong> {
    if text.trim().is_empty() {
        return Err(("required", "Choisissez une filière.".into()));
    }
    Track::parse(text).map_err(|_| {
        let known: Vec<&str> = Track::ALL.iter().map(|track| track.as_str()).collect();
        let detail = format!(
            "Cette filière n'existe pas ; au choix : {}.",
            known.join(", ")
        );
        ("invalid", detail.into())
    })
}

/// A required text: an e-mail address.
pub(super) fn email(text: &str) -> Result<EmailAddress, Wrong> {
    if text.trim().is_empty() {
        return Err(("required", "Indiquez votre adresse électronique.".into()));
    }
    EmailAddress::parse(text).map_err(|_| {
        let detail = "Cette adresse électronique n'est pas complète : elle a la forme nom@domaine.";
        ("invalid", detail.into())
    })
}

/// A required text: a part of a person's name.
pub(super) fn person_name(text: &str) -> Result<PersonName, Wrong> {
    PersonName::parse(text).map_err(|error| match error {
        PersonNameError::Empty => ("required", "Indiquez le prénom et le nom.".into()),
        PersonNameError::TooLong { length } => (
            "too_long",
            format!(
                "Ce nom compte {length} caractères : {} au plus.",
                PersonName::LONGEST
            )
            .into(),
        ),
        PersonNameError::Unprintable => (
            "invalid",
            "Ce nom contient des caractères invisibles : saisissez-le à nouveau.".into(),
        ),
    })
}

/// A required text: the national number of an establishment.
pub(super) fn uai(text: &str) -> Result<Uai, Wrong> {
    if text.trim().is_empty() {
        return Err(("required", "Choisissez l'établissement.".into()));
    }
    Uai::parse(text).map_err(|_| {
        let detail = "Ce numéro d'établissement (UAI) n'existe pas : sept chiffres et une lettre.";
        ("invalid", detail.into())
    })
}

/// A required text: a student's birth date.
pub(super) fn birth_date(text: &str, today: NaiveDate) -> Result<NaiveDate, Wrong> {
    let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| {
        let detail = "Cette date n'existe pas : écrivez-la sous la forme 2012-05-17.";
        ("invalid", detail.into())
    })?;
    match today.years_since(date) {
        Some(8..=25) => Ok(date),
        _ => Err((
            "out_of_range",
            "Cette date de naissance n'est pas celle d'un élève de collège : vérifiez l'année."
                .into(),
        )),
    }
}

/// A required text: an instant, or a day, which stands for its end.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, Wrong> {
    if text.trim().is_empty() {
        return Err(required("Indiquez l'instant."));
    }
    // In an address that was not encoded, the + of an offset reads as a space.
    instant::parse(&text.trim().replace(' ', "+")).map_err(|_| {
        let detail = "Cet instant n'est pas lisible : écrivez-le 2027-03-12T08:00:00Z, ou 2027-03-12 \
                      pour la fin de ce jour.";
        ("invalid", detail.into())
    })
}

/// A bound of a period, read by `parse`.
pub(super) fn bound(
    text: &str,
    parse: fn(&str) -> Result<DateTime<Utc>, InstantError>,
) -> Result<DateTime<Utc>, Wrong> {
    parse(&text.trim().replace(' ', "+")).map_err(|_| {
        let detail = "Cet instant n'est pas lisible : écrivez-le 2027-03-12T08:00:00Z, ou 2027-03-12 \
                      pour ce jour entier.";
        ("invalid", detail.into())
    })
}

/// The type of an event.
pub(super) fn event_type(text: &str) -> Result<&'static str, Wrong> {
    Event::types()
        .find(|known| *known == text.trim())
        .ok_or_else(|| {
            let known: Vec<&str> = Event::types().collect();
            let detail = format!(
                "Ce type d'événement n'existe pas ; au choix : {}.",
                known.join(", ")
            );
            ("invalid", detail.into())
        })
}

/// What is wrong with a field that is not there.
pub(super) fn required(detail: &'static str) -> Wrong {
    ("required", detail.into())
}

/// The address in a body that holds nothing else.
pub(super) fn required_email(text: &str) -> Result<EmailAddress, Problem> {
    let mut errors = FieldErrors::default();
    errors
        .take("email", email(text))
        .ok_or_else(|| errors.into())
}

/// The establishment in a body is not in the directory.
pub(super) fn unknown_establishment() -> Problem {
    let detail = "Cet établissement ne figure pas dans l'annuaire : cherchez-le par son nom ou sa \
                  ville.";
    not_found_field("uai", detail)
}

/// The class in a body is not one of the establishment's.
pub(super) fn unknown_class() -> Problem {
    let detail = "Cette classe n'existe pas, ou plus, dans cet établissement : choisissez-en une \
                  autre, ou aucune.";
    not_found_field("class_id", detail)
}

fn not_found_field(field: &str, detail: &'static str) -> Problem {
    let mut errors = FieldErrors::default();
    errors.take::<()>(field, Err(("not_found", detail.into())));
    errors.into()
}

/// A field that may be null but must be there: null is then `Some(None)`.
#[expect(
    clippy::option_option,
    reason = "null says something, absent says nothing"
)]
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A required text: a password that somebody chooses. `personal` is what others know about them
/// (names, address).
pub(super) fn new_password(password: &Password, personal: &[&str]) -> Result<(), Wrong> {
    if password.expose().is_empty() {
        return Err(("required", "Choisissez un mot de passe.".into()));
    }
    password::check_rules(password.expose(), personal).map_err(|rule| {
        let code = match rule {
            PasswordRule::TooShort => "too_short",
            PasswordRule::TooLong => "too_long",
            PasswordRule::Common => "common",
            PasswordRule::Personal => "personal",
        };
        (code, rule.advice().into())
    })
}

/// An id in a body.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Wrong> {
    if text.is_empty() {
        return Err(("required", "Cet identifiant manque.".into()));
    }
    text.parse()
        .map_err(|_| ("invalid", "Cet identifiant n'est pas un UUID.".into()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

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
        serde_json::to_value(problem.body(None)).unwrap()
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

    /// Choosing a password goes wrong more often than anything else on a form: a program tells the
    /// reasons apart by code, a person by a sentence that says what to do.
    #[test]
    fn a_refused_password_says_why() {
        let wrong = |text: &str| {
            let password: Password = serde_json::from_value(text.into()).unwrap();
            new_password(&password, &["Claire", "Marchand"]).map_err(|(code, _)| code)
        };
        assert_eq!(wrong(""), Err("required"));
        assert_eq!(wrong("onze lettre"), Err("too_short"));
        assert_eq!(wrong(&"a b c ".repeat(22)), Err("too_long"));
        assert_eq!(wrong("lavieestbelle"), Err("common"));
        assert_eq!(wrong("claire.marchand.1"), Err("personal"));
        assert_eq!(wrong("mot de passe des essais"), Ok(()));
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
