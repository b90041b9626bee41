use accounts::{account, joining, throttling::Attempt};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use web::{AppState, ClientAddress, boundary::RequestId, problem::Problem};

use super::LinkToken;
use crate::{
    documentation::{Invalid, Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
    problem::ProblemBody,
    views::AccountView,
};

/// An account that is there from now on.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct ActivatedAccount {
    /// The account.
    account: AccountView,
}

/// Activates an account, with the token of the message that went to its address: whoever signed up
/// takes their place in the establishment.
#[utoipa::path(
    post,
    path = "/accounts/activation",
    tag = "accounts",
    security(()),
    request_body = LinkToken,
    responses(
        (status = 200, description = "Le compte est activé", body = ActivatedAccount),
        (status = 400, response = Malformed),
        (
            status = 409,
            description = "La place a été prise ou fermée entre-temps : \
                           `head_already_registered`, `establishment_not_eligible`, \
                           `establishment_not_registered` ; `conflict`",
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
    request: RequestId,
    client: ClientAddress,
    body: JsonBody,
) -> Result<Json<ActivatedAccount>, Problem> {
    let link: LinkToken = body.read()?;
    state.throttle.check(Attempt::Activation, client, None)?;
    let token = link.read()?;
    let id = joining::activate(&state.commands, request.correlation(), token).await?;
    let mut reader = state.reader().await?;
    let account = account::get(&mut reader.conn(), id)
        .await?
        .ok_or_else(Problem::not_found)?;
    // Whoever comes from here holds the mailbox: guesses made elsewhere shall not keep them out.
    let key = account.email.to_ascii_lowercase();
    state
        .throttle
        .succeeded(Attempt::SignIn, client, Some(&key));
    Ok(Json(ActivatedAccount {
        account: account.into(),
    }))
}
