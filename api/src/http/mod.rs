//! The JSON API over HTTP.
//!
//! One route per file in `routes`, what they share here: who calls ([`caller`]), what they may do
//! ([`permissions`]), how input is read and errors are answered ([`problem`]).

pub mod caller;
pub mod permissions;
pub mod problem;
pub mod views;

mod accept;
mod boundary;
mod client_address;
mod documentation;
mod if_match;
mod input;
mod metrics;
mod origin;
mod page;
mod routes;
mod serve;
mod throttle;
mod turn;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware};
use commands::{CommandError, Commands};
use store::{Reader, StoreError, Write};
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use url::Url;

use crate::{
    config::SignUpSettings,
    mail::{Message, Post},
};

pub use client_address::ClientAddress;
pub use documentation::openapi;
pub use page::Page;
pub use serve::serve;
pub use throttle::{Attempt, Throttle};

/// The most bytes of a request's body.
const BODY_LIMIT: usize = 1024 * 1024;
/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The write side, with the store and the clock.
    pub commands: Commands,
    /// Where people reach the service, if it was said: decides whether cookies are for HTTPS only,
    /// and which origin is ours.
    pub public_url: Option<Arc<Url>>,
    /// Who may sign up, and when.
    pub sign_up: SignUpSettings,
    /// Slows down who asks too much of what anybody may ask.
    pub throttle: Throttle,
}

impl AppState {
    /// What handlers work with.
    #[must_use]
    pub fn new(
        commands: Commands,
        public_url: Option<Url>,
        sign_up: SignUpSettings,
        throttle: Throttle,
    ) -> Self {
        Self {
            commands,
            public_url: public_url.map(Arc::new),
            sign_up,
            throttle,
        }
    }

    /// Writes rows that go together and follow from no event.
    async fn write(&self, writes: &[&dyn Write]) -> Result<(), CommandError> {
        let mut tx = self.commands.store().begin().await?;
        for write in writes {
            write.write(&mut tx.conn()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Asks for a message that follows from nothing else.
    async fn post(&self, message: Message) -> Result<(), CommandError> {
        let post = Post::new(self.commands.clock(), message);
        self.write(&[&post]).await
    }

    /// A connection for reading.
    async fn reader(&self) -> Result<Reader, StoreError> {
        self.commands.store().reader().await
    }
}

/// Everything the service answers: the API under `/api/v1`, its documentation, health and metrics.
///
/// Call it within a Tokio runtime: the metrics are tidied up by a task of their own.
pub fn router(state: AppState) -> Router {
    let (metrics_layer, metrics_handle) = metrics::recorder();
    let (api, document) = routes::router().split_for_parts();
    let routes = api
        .merge(metrics::route(metrics_handle))
        .merge(documentation::pages(document))
        .fallback(async || StatusCode::NOT_FOUND);
    layered(routes, &state)
        .layer(metrics_layer)
        .with_state(state)
}

/// The routes within their limits, where whatever goes wrong comes out as a problem.
fn layered(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    routes.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(
                state.clone(),
                boundary::boundary,
            ))
            .layer(CatchPanicLayer::custom(boundary::panicked))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                TIME_LIMIT,
            ))
            .layer(DefaultBodyLimit::max(BODY_LIMIT)),
    )
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, Response},
        routing::get,
    };
    use serde_json::Value;
    use store::{Store, SystemClock};
    use tower::ServiceExt;

    use super::{problem::Problem, *};

    async fn answer(path: &str) -> (Response<()>, Value) {
        let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
        let commands = Commands::new(store, Arc::new(SystemClock));
        let state = AppState::new(commands, None, SignUpSettings::default(), Throttle::on());
        let routes = Router::new()
            .route("/panic", get(async || panic!("on purpose") as StatusCode))
            .route(
                "/broken",
                get(async || Err::<(), _>(Problem::from(StoreError::Url))),
            )
            .merge(routes::router().split_for_parts().0)
            .fallback(async || StatusCode::NOT_FOUND);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let app = layered(routes, &state).with_state(state);
        let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (
            Response::from_parts(parts, ()),
            serde_json::from_slice(&bytes).unwrap(),
        )
    }

    /// Support can do something with a number, and nothing with "it did not work". Whatever breaks,
    /// a panic included, the client gets a problem with the number that the log has.
    #[tokio::test]
    async fn what_breaks_is_a_problem_with_the_request_number() {
        for path in ["/panic", "/broken"] {
            let (response, body) = answer(path).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(
                response.headers()["content-type"],
                "application/problem+json"
            );
            let id = response.headers()["x-request-id"].to_str().unwrap();
            assert_eq!(body["instance"], format!("urn:uuid:{id}"), "{path}");
            assert!(body["detail"].as_str().unwrap().contains(id), "{path}");
            assert_eq!(body["code"], "internal", "{path}");
        }
    }

    /// A server whose database was never migrated must not be sent requests, and must say so
    /// instead of failing at each of them.
    #[tokio::test]
    async fn a_server_without_its_schema_is_alive_but_not_ready() {
        assert_eq!(answer("/healthz").await.0.status(), StatusCode::OK);
        let (response, body) = answer("/readyz").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body["code"], "unavailable");
    }

    /// The body of an error that the router itself makes is the same kind as every other.
    #[tokio::test]
    async fn an_unknown_address_is_a_problem() {
        let (response, body) = answer("/api/v1/nowhere").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(body["code"], "not_found");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}
