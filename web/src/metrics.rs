//! `/metrics`, for Prometheus: how many requests, how long they took, by route as it is declared.

use std::sync::OnceLock;

use axum::{Router, routing::get};
use axum_prometheus::{
    EndpointLabel, PrometheusMetricLayer, PrometheusMetricLayerBuilder,
    metrics_exporter_prometheus::PrometheusHandle,
};

/// The recorder is one per process, as the `metrics` crate wants it, however many routers there are.
static RECORDER: OnceLock<(PrometheusMetricLayer<'static>, PrometheusHandle)> = OnceLock::new();

/// The layer that counts, and what renders the counts.
pub fn recorder() -> (PrometheusMetricLayer<'static>, PrometheusHandle) {
    RECORDER
        .get_or_init(|| {
            PrometheusMetricLayerBuilder::new()
                .with_prefix("monstage")
                // A path as it was asked for may hold anything, ids of people included.
                .with_endpoint_label_type(EndpointLabel::MatchedPathWithFallbackFn(|_| {
                    "none".to_owned()
                }))
                .with_default_metrics()
                .build_pair()
        })
        .clone()
}

/// `GET /metrics`.
pub fn route<S: Clone + Send + Sync + 'static>(handle: PrometheusHandle) -> Router<S> {
    Router::new().route("/metrics", get(async move || handle.render()))
}
