use axum::{Json, extract::State};
use domain::values::Uai;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState,
    caller::Caller,
    eligibility::{self, Typed},
    permissions::Action,
    problem::Problem,
};

use crate::{
    documentation::{Forbidden, Invalid, Malformed, NotFound, Unauthenticated},
    input::{JsonBody, PathId},
    views::EstablishmentView,
};

/// A decision about an establishment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Decision {
    /// True to admit it by derogation, false to exclude it.
    #[schema(required = true, nullable = false)]
    eligible: Option<bool>,
    /// Why, in 1 to 500 characters. Kept for ever: without personal data.
    #[serde(default)]
    #[schema(
        required = true,
        example = "Dérogation accordée pour l'année 2026-2027"
    )]
    reason: String,
}

/// Admits an establishment by derogation, or excludes it.
#[utoipa::path(
    put,
    path = "/admin/establishments/{uai}/eligibility",
    tag = "administration",
    params(("uai" = String, Path, example = "9990021U")),
    request_body = Decision,
    responses(
        (status = 200, description = "The establishment after the decision", body = EstablishmentView),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn decide_eligibility(
    State(state): State<AppState>,
    caller: Caller,
    PathId(uai): PathId<Uai>,
    body: JsonBody,
) -> Result<Json<EstablishmentView>, Problem> {
    caller.authorize(Action::DecideEligibility, &uai)?;
    let decision: Decision = body.read()?;
    let typed = Typed {
        eligible: decision.eligible,
        reason: &decision.reason,
    };
    let entry = eligibility::decide(&state, &caller, &typed.read(uai)?).await?;
    Ok(Json(EstablishmentView::new(entry, state.sign_up.order)))
}
