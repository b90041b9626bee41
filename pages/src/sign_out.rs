//! Signing out.

use accounts::session;
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
    cookie,
    problem::{Code, Problem},
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
    match caller {
        Ok(caller) => session::close(state.commands.store(), &caller.session).await?,
        Err(problem) if problem.code() == Code::Unauthenticated => {}
        Err(problem) => return Err(problem),
    }
    let cookie = cookie::clear(state.public_url.as_deref())
        .map_err(|error| Problem::failure(Code::Internal, &error))?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")))
}
