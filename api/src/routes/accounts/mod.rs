pub(super) mod activate;
pub(super) mod create;
pub(super) mod invitation;
pub(super) mod request_password_reset;
pub(super) mod resend_activation;
pub(super) mod set_password;

use accounts::password::Password;
use axum::{Json, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// The token of an invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkToken {
    /// What follows `?invitation=` in the link.
    #[serde(default)]
    #[schema(
        required = true,
        example = "b8Qm0dYkzR4n6s2Tt1yXvF9uJ3wE5aHcLpOiGqZxKMU"
    )]
    token: String,
}

/// A password that its owner chooses, with the token of the message that allows it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordByLink {
    /// What follows `?token=` in the link.
    #[serde(default)]
    #[schema(
        required = true,
        example = "b8Qm0dYkzR4n6s2Tt1yXvF9uJ3wE5aHcLpOiGqZxKMU"
    )]
    token: String,
    /// From 12 to 128 characters, any; not a common one, nor made of one's name or address.
    #[serde(default)]
    #[schema(
        required = true, value_type = String, format = Password, min_length = 12, max_length = 128
    )]
    password: Password,
}
