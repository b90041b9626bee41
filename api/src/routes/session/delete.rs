use accounts::session;
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use web::{
    AppState,
    caller::Caller,
    cookie,
    problem::{Code, Problem},
};

use crate::documentation::{Forbidden, Unauthenticated};

/// Signs out: the token is worth nothing from then on.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "session",
    responses(
        (status = 204, description = "La session est terminée"),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
    ),
)]
pub(in super::super) async fn delete_session(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Problem> {
    session::close(state.commands.store(), &caller.session).await?;
    let cookie = cookie::clear(state.public_url.as_deref())
        .map_err(|error| Problem::failure(Code::Internal, &error))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}
