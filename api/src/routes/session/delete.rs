use axum::{
    extract::State,
    http::{StatusCode, header},
};
use web::{AppState, caller::Caller, problem::Problem, session};

use crate::{
    documentation::{Forbidden, Unauthenticated},
    views::SessionCookie,
};

/// Signs out: the token is worth nothing from then on.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "session",
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
    ),
)]
pub(in super::super) async fn delete_session(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<(StatusCode, SessionCookie), Problem> {
    let cookie = session::sign_out(&state, &caller).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}
