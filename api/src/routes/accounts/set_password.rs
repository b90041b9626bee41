use accounts::{
    Account, TokenHash, choosing_password,
    password::{self, Password},
    throttling::Attempt,
};
use axum::{extract::State, http::StatusCode};
use commands::CommandError;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState, ClientAddress, fields,
    problem::{FieldErrors, Problem},
};

use super::{link_token, token_invalid};
use crate::{
    documentation::{Invalid, Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
};

/// A new password, with the token of the message that allows it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PasswordChange {
    /// What follows `?token=` in the link.
    #[serde(default)]
    #[schema(required = true)]
    token: String,
    /// From 12 to 128 characters, any; not a common one, nor made of one's name or address.
    #[serde(default)]
    #[schema(
        required = true, value_type = String, format = Password, min_length = 12, max_length = 128
    )]
    password: Password,
}

/// Sets a new password. Every session of the account ends.
#[utoipa::path(
    post,
    path = "/accounts/password",
    tag = "accounts",
    security(()),
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Le mot de passe est changé, les sessions sont terminées"),
        (status = 400, response = Malformed),
        (status = 410, response = TokenInvalid),
        (status = 422, response = Invalid),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn set_password(
    State(state): State<AppState>,
    client: ClientAddress,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    let asked: PasswordChange = body.read()?;
    state.throttle.check(Attempt::Password, client, None)?;
    let mut errors = FieldErrors::default();
    let Some(token) = errors.take("token", link_token(&asked.token)) else {
        errors.take("password", fields::new_password(&asked.password, &[]));
        return Err(errors.into());
    };
    let account = allowed(&state, &token, &asked.password).await?;
    let id = account.id;
    let password_hash = password::hash(asked.password.expose(), state.commands.clock()).await?;
    choosing_password::choose(&state.commands, id, token, &password_hash)
        .await
        .map_err(CommandError::from)?;
    // Whoever comes from here holds the mailbox: guesses made elsewhere shall not keep them out.
    let key = account.email.to_ascii_lowercase();
    state
        .throttle
        .succeeded(Attempt::SignIn, client, Some(&key));
    Ok(StatusCode::NO_CONTENT)
}

/// The account that this token allows to set this password.
async fn allowed(
    state: &AppState,
    token: &TokenHash,
    password: &Password,
) -> Result<Account, Problem> {
    let account = choosing_password::allowed(&state.commands, token).await?;
    let account = account.ok_or_else(token_invalid)?;
    let names = [&account.first_name, &account.last_name];
    let mut personal = vec![&*account.email];
    personal.extend(names.into_iter().flatten().map(String::as_str));
    let mut errors = FieldErrors::default();
    errors.take("password", fields::new_password(password, &personal));
    errors.finish()?;
    Ok(account)
}
