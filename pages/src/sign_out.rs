//! Signing out.

use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::Redirect,
    routing::post,
};
use web::{
    AppState,
    caller::Caller,
    problem::{Code, Problem},
    session,
};

use crate::form::Form;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/deconnexion", post(sign_out))
}

/// Ends the session, if it has not ended by itself.
async fn sign_out(
    State(state): State<AppState>,
    caller: Result<Caller, Problem>,
    _: Form,
) -> Result<([(HeaderName, HeaderValue); 1], Redirect), Problem> {
    let cookie = match caller {
        Ok(caller) => session::sign_out(&state, &caller).await?,
        Err(problem) if problem.code() == Code::Unauthenticated => session::no_cookie(&state)?,
        Err(problem) => return Err(problem),
    };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")))
}
