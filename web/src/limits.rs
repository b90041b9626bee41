//! How much and how long a request may be, and what becomes of one that breaks.

use std::time::Duration;

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode};
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::problem::panicked;

/// The most bytes of a request's body.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// How long a request may take.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The routes within their limits.
pub fn limited<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(
        ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(panicked))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                TIME_LIMIT,
            ))
            .layer(DefaultBodyLimit::max(BODY_LIMIT)),
    )
}
