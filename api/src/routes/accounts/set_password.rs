use axum::{extract::State, http::StatusCode};
use web::{AppState, ClientAddress, once::Repeatable, password, problem::Problem};

use super::PasswordByLink;
use crate::{
    documentation::{Invalid, Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
};

/// Sets a new password. Every session of the account ends.
#[utoipa::path(
    post,
    path = "/accounts/password",
    tag = "accounts",
    security(()),
    request_body = PasswordByLink,
    responses(
        (status = 204, description = "The password is changed, every session has ended"),
        (status = 400, response = Malformed),
        (status = 410, response = TokenInvalid),
        (status = 422, response = Invalid),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn set_password(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    let asked: PasswordByLink = body.read()?;
    password::choose(&state, client, request, &asked.token, &asked.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
