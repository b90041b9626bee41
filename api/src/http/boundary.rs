//! Where every request comes in and every answer goes out: its number, its log line, its headers,
//! and the certainty that an error is a problem.

use std::{any::Any, convert::Infallible, time::Instant};

use axum::{
    body::Body,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{Extensions, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::ids::CorrelationId;
use tracing::Instrument;
use uuid::Uuid;

use super::{
    AppState,
    problem::{Cause, MEDIA_TYPE, Problem},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number of a request: in its answer, its log lines, and the events it causes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId(Uuid);

impl RequestId {
    /// The number of the request that these extensions belong to.
    pub(super) fn of(extensions: &Extensions) -> Uuid {
        extensions.get::<Self>().map_or(Uuid::nil(), |id| id.0)
    }

    /// What the events and audit rows of this request are found by.
    pub(super) fn correlation(self) -> CorrelationId {
        CorrelationId::new(self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(&parts.extensions)))
    }
}

/// The layer around every route.
pub(super) async fn boundary(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id(&request).unwrap_or_else(|| state.commands.clock().new_uuid());
    request.extensions_mut().insert(RequestId(id));
    let is_api = request.uri().path().starts_with("/api/v1");
    let span = span(id, &request);

    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let cause = response.extensions().get::<Cause>().cloned();
    let mut response = as_problem(response, id);

    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let duration_us = started.elapsed().as_micros();
    span.in_scope(|| log(status, duration_us, cause));
    response
}

/// Ours or the client's: a UUID is safe to log and to keep in events, other texts may not be.
fn request_id(request: &Request) -> Option<Uuid> {
    let value = request.headers().get(REQUEST_ID)?;
    Uuid::try_parse_ascii(value.as_bytes()).ok()
}

/// The route as it is declared: ids of people and what they search for stay out of the log.
fn span(id: Uuid, request: &Request) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>();
    tracing::info_span!(
        "request",
        id = %id,
        method = %request.method(),
        route = route.map_or("none", MatchedPath::as_str),
    )
}

fn log(status: StatusCode, duration_us: u128, cause: Option<Cause>) {
    let status = status.as_u16();
    if let Some(Cause(cause)) = cause {
        tracing::error!(status, duration_us, cause, "request failed");
    } else if status >= 500 {
        tracing::error!(status, duration_us, "request failed");
    } else {
        tracing::info!(status, duration_us, "request answered");
    }
}

/// Gives an error answer that is no problem yet the body of one; its headers stay (`Allow`).
fn as_problem(response: Response, request: Uuid) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    if !is_error || content_type.is_some_and(|content_type| content_type == MEDIA_TYPE) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let media_type = HeaderValue::from_static(MEDIA_TYPE);
    parts.headers.insert(header::CONTENT_TYPE, media_type);
    let body = Problem::of_bare(status, request).body(Some(request));
    Response::from_parts(parts, Body::from(body.json()))
}

/// A handler panicked: the panic hook said where, the client gets a failure like any other.
pub(super) fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    let cause = Cause("a handler panicked".to_owned());
    response.extensions_mut().insert(cause);
    response
}
