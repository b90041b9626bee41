use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// That the server answers.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

impl Health {
    pub(super) const OK: Self = Self { status: "ok" };
}

/// Whether the server runs.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "service",
    security(()),
    responses((status = 200, description = "The server answers", body = Health)),
)]
pub(in super::super) async fn healthz() -> Json<Health> {
    Json(Health::OK)
}
