use axum::{Json, extract::State};
use domain::values::Uai;
use projections::{classes, directory};
use web::{AppState, problem::Problem};

use crate::{
    documentation::NotFound,
    input::PathId,
    views::{EstablishmentDetails, EstablishmentView, OpenTo},
};

/// One establishment of the directory, with its classes once students may sign up there.
#[utoipa::path(
    get,
    path = "/establishments/{uai}",
    tag = "establishments",
    security(()),
    params(("uai" = String, Path, example = "9990021U")),
    responses(
        (status = 200, description = "The establishment", body = EstablishmentDetails),
        (status = 404, response = NotFound),
    ),
)]
pub(in super::super) async fn get_establishment(
    State(state): State<AppState>,
    PathId(uai): PathId<Uai>,
) -> Result<Json<EstablishmentDetails>, Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let entry = directory::get(conn, &uai)
        .await?
        .ok_or_else(Problem::not_found)?;
    let establishment = EstablishmentView::new(entry, state.sign_up.order);
    let classes = if establishment.open_to.contains(&OpenTo::Students) {
        let all = classes::list(conn, &uai, None, i64::MAX).await?;
        Some(all.into_iter().map(Into::into).collect())
    } else {
        None
    };
    Ok(Json(EstablishmentDetails {
        establishment,
        classes,
    }))
}
