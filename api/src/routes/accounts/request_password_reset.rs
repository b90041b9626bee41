use axum::{Json, extract::State, http::StatusCode};
use web::{AppState, ClientAddress, once::Repeatable, password, problem::Problem};

use super::{Accepted, Address, accepted};
use crate::{
    documentation::{Invalid, Malformed, RateLimited},
    input::JsonBody,
};

/// "Mot de passe oublié": sends a link to choose another one.
#[utoipa::path(
    post,
    path = "/accounts/password-reset",
    tag = "accounts",
    security(()),
    request_body = Address,
    responses(
        (status = 202, description = "Received, whether or not the address is known", body = Accepted),
        (status = 400, response = Malformed),
        (status = 422, response = Invalid),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn request_password_reset(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    body: JsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let asked: Address = body.read()?;
    password::ask(&state, client, request, &asked.email).await?;
    Ok(accepted(
        "Si cette adresse a un compte, vous allez recevoir sous quelques minutes un courriel vous \
         indiquant comment réinitialiser votre mot de passe.",
    ))
}
