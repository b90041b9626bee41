use axum::{Json, extract::State, http::StatusCode};
use web::{AppState, ClientAddress, activation, once::Repeatable, problem::Problem};

use super::{Accepted, Address, accepted};
use crate::{
    documentation::{Invalid, Malformed, RateLimited},
    input::JsonBody,
};

/// "Vous n'avez pas reçu le message d'activation": sends it once more.
#[utoipa::path(
    post,
    path = "/accounts/activation/resend",
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
pub(in super::super) async fn resend_activation(
    State(state): State<AppState>,
    client: ClientAddress,
    request: Repeatable,
    body: JsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let asked: Address = body.read()?;
    activation::send_again(&state, client, request, &asked.email).await?;
    Ok(accepted(
        "Si une inscription attend à cette adresse, le courriel d'activation vient d'y être envoyé \
         à nouveau. Pensez à regarder dans les messages indésirables.",
    ))
}
