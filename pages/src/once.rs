//! Forms that are sent twice do a thing once: each that is shown holds a key of its own.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::task_local;
use uuid::Uuid;
use web::{
    AppState,
    limits::BODY_LIMIT,
    once::{carried_out, name_form},
    problem::Problem,
};

use crate::{
    form::Form,
    frame::{done, tab},
};

/// The field of a form that holds its key.
pub(crate) const FIELD: &str = "_cle";

task_local! {
    /// The key of the forms on the page that is being made: every page with a form needs one, whoever makes it.
    static KEY: Uuid;
}

/// The key of the forms on the page that is being made.
pub(crate) fn key() -> Uuid {
    KEY.try_with(|key| *key).unwrap_or_default()
}

/// The layer that has each form carried out once, and gives those that are shown their keys.
pub(crate) async fn carry_out_once(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let key = state.commands.clock().new_uuid();
    KEY.scope(key, carry_out(&state, request, next)).await
}

async fn carry_out(state: &AppState, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Problem::of_bare(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let form = Form::read(&String::from_utf8_lossy(&body));
    let key = form.text(FIELD);
    if !key.is_empty() {
        name_form(&mut parts, key, &body);
    }
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if key.is_empty() || !response.status().is_client_error() {
        return response;
    }
    // What was removed is not found any more by whoever removes it again: they are told that it was.
    match carried_out(state, &asked).await {
        Some(caller) => done(&tab(caller.role, None).path, &caller).into_response(),
        None => response,
    }
}
