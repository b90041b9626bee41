//! The JSON API: one route per file in `routes`, how each is documented, how its input is read, and what
//! its answers look like.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that unwraps fails where it should"
    )
)]

pub mod export;
pub mod views;

mod accept;
mod documentation;
mod idempotency;
mod if_match;
mod input;
mod openapi;
mod page;
mod problem;
mod routes;

use axum::{Router, http::StatusCode, middleware, routing::any};
use web::{AppState, limits::limited, metrics};

pub use openapi::openapi;
pub use page::Page;

/// What programs ask: the API under `/api/v1`, its documentation, health and metrics. Whatever goes wrong
/// there, an unknown address under `/api` included, comes out as a problem.
///
/// Call it within a Tokio runtime: the metrics are tidied up by a task of their own.
pub fn routes(state: &AppState) -> Router<AppState> {
    let (_, metrics_handle) = metrics::recorder();
    let (api, mut document) = routes::router().split_for_parts();
    idempotency::document(&mut document);
    let once = middleware::from_fn_with_state(state.clone(), idempotency::carry_out_once);
    layered(
        api.layer(once)
            .merge(metrics::route(metrics_handle))
            .merge(openapi::pages(document))
            .route("/api/{*unknown}", any(async || StatusCode::NOT_FOUND)),
    )
}

/// The routes within their limits, where whatever goes wrong comes out as a problem.
fn layered(routes: Router<AppState>) -> Router<AppState> {
    limited(routes).layer(middleware::from_fn(problem::as_json))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use accounts::throttling::Throttle;
    use axum::{
        body::{Body, to_bytes},
        http::{Request, Response},
        routing::get,
    };
    use commands::Commands;
    use serde_json::Value;
    use store::{Store, StoreError, SystemClock};
    use tower::ServiceExt;
    use web::{SignUpRules, boundary::served, problem::Problem};

    use super::*;

    async fn answer(path: &str) -> (Response<()>, Value) {
        let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
        let commands = Commands::new(store, Arc::new(SystemClock), Vec::new());
        let state = AppState::new(commands, None, SignUpRules::default(), Throttle::on());
        let routes = Router::new()
            .route("/panic", get(async || panic!("on purpose") as StatusCode))
            .route(
                "/broken",
                get(async || Err::<(), _>(Problem::from(StoreError::Url))),
            )
            .merge(super::routes(&state));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let app = served(layered(routes), state);
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
