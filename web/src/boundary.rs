//! Where every request comes in and every answer goes out: its number, its log line, its headers.

use std::{convert::Infallible, time::Instant};

use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{Extensions, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::Response,
};
use domain::ids::CorrelationId;
use tracing::Instrument;
use uuid::Uuid;

use crate::{AppState, metrics, problem::Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number of a request: in its answer, its log lines, and the events it causes.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The number of the request that these extensions belong to.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Uuid {
        extensions.get::<Self>().map_or(Uuid::nil(), |id| id.0)
    }

    /// What the events and audit rows of this request are found by.
    #[must_use]
    pub fn correlation(self) -> CorrelationId {
        CorrelationId::new(self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(&parts.extensions)))
    }
}

/// The routes as they are served: numbered, logged and counted.
///
/// Call it within a Tokio runtime: the metrics are tidied up by a task of their own.
pub fn served(routes: Router<AppState>, state: AppState) -> Router {
    let (counting, _) = metrics::recorder();
    routes
        .layer(middleware::from_fn_with_state(state.clone(), boundary))
        .layer(counting)
        .with_state(state)
}

/// The layer around every route.
async fn boundary(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request).unwrap_or_else(|| state.commands.clock().new_uuid());
    request.extensions_mut().insert(RequestId(id));
    let is_api = request.uri().path().starts_with("/api/v1");
    let span = span(id, &request);

    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let cause = response.extensions().get::<Problem>();
    let cause = cause.and_then(|problem| problem.cause().map(str::to_owned));

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

fn log(status: StatusCode, duration_us: u128, cause: Option<String>) {
    let status = status.as_u16();
    if let Some(cause) = cause {
        tracing::error!(status, duration_us, cause, "request failed");
    } else if status >= 500 {
        tracing::error!(status, duration_us, "request failed");
    } else {
        tracing::info!(status, duration_us, "request answered");
    }
}
