use axum::{Json, extract::State};
use web::{AppState, ClientAddress, activation, once::Repeatable, problem::Problem};

use super::PasswordByLink;
use crate::{
    documentation::{Invalid, Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
    problem::ProblemBody,
    views::{NewSession, SessionCookie},
};

/// Activates an account, with the token of the message that went to its address and the password that
/// its owner chooses: whoever signed up takes their place in the establishment, and is signed in.
#[utoipa::path(
    post,
    path = "/accounts/activation",
    tag = "accounts",
    security(()),
    request_body = PasswordByLink,
    responses(
        (
            status = 200,
            description = "The account is activated and a session open; its token is also set as a \
                           cookie",
            body = NewSession,
            headers(("set-cookie" = String, description = "monstage_session")),
        ),
        (status = 400, response = Malformed),
        (
            status = 409,
            description = "The seat was taken or closed meanwhile: `head_already_registered`, \
                           `establishment_not_eligible`, `establishment_not_registered`; \
                           `students_not_admitted_yet`: it is no longer the students' turn, and \
                           the link stays good; `conflict`",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 410, response = TokenInvalid),
        (status = 422, response = Invalid),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn activate_account(
    State(state): State<AppState>,
    request: Repeatable,
    client: ClientAddress,
    body: JsonBody,
) -> Result<(SessionCookie, Json<NewSession>), Problem> {
    let PasswordByLink { token, password } = body.read()?;
    let signed_in = activation::activate(&state, client, request, &token, &password).await?;
    Ok(NewSession::of(signed_in))
}
