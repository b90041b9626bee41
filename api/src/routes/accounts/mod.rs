pub(super) mod activate;
pub(super) mod create;
pub(super) mod invitation;
pub(super) mod request_password_reset;
pub(super) mod resend_activation;
pub(super) mod set_password;

mod invited;

use accounts::TokenHash;
use axum::{Json, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{
    fields,
    problem::{FieldErrors, Problem, Wrong},
};

/// What is answered to whoever gives an address, known or not.
#[derive(Serialize, ToSchema)]
pub(super) struct Accepted {
    /// What to do now, in French.
    #[schema(example = "Un courriel vient de vous être envoyé.")]
    message: &'static str,
}

fn accepted(message: &'static str) -> (StatusCode, Json<Accepted>) {
    (StatusCode::ACCEPTED, Json(Accepted { message }))
}

/// An address that a message should go to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    /// The address of the account.
    #[serde(default)]
    #[schema(required = true, example = "e.dupre@ac-demo.test")]
    email: String,
}

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkToken {
    /// What follows `?token=` or `?invitation=` in the link.
    #[serde(default)]
    #[schema(
        required = true,
        example = "b8Qm0dYkzR4n6s2Tt1yXvF9uJ3wE5aHcLpOiGqZxKMU"
    )]
    token: String,
}

impl LinkToken {
    fn read(&self) -> Result<TokenHash, Problem> {
        let mut errors = FieldErrors::default();
        errors
            .take("token", link_token(&self.token))
            .ok_or_else(|| errors.into())
    }
}

/// A required text: the token of a link.
fn link_token(text: &str) -> Result<TokenHash, Wrong> {
    if text.trim().is_empty() {
        let detail = "Il manque le jeton du lien : ouvrez celui du courriel, en entier.";
        return Err(fields::required(detail));
    }
    Ok(TokenHash::of(text))
}

/// The link was used, replaced or taken back, or has expired.
fn token_invalid() -> Problem {
    commands::Refusal::TokenInvalid.into()
}
