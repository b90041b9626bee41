use axum::{Json, extract::State};
use web::{
    AppState,
    problem::{Code, Problem},
};

use super::healthz::Health;

/// Whether the server can do its work: the database answers and its schema is current.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    security(()),
    responses(
        (status = 200, description = "The server can work", body = Health),
        (
            status = 503,
            description = "`unavailable`: the database does not answer, or its schema is not up to \
                           date",
            body = crate::problem::ProblemBody,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(in super::super) async fn readyz(
    State(state): State<AppState>,
) -> Result<Json<Health>, Problem> {
    match state.commands.store().schema_status().await {
        Ok(status) if status.is_current() => Ok(Json(Health::OK)),
        Ok(_) => Err(Problem::new(
            Code::Unavailable,
            "Le schéma de la base de données n'est pas à jour : lancez `monstage migrate`.",
        )),
        Err(error) => Err(Problem::failure(Code::Unavailable, &error)),
    }
}
