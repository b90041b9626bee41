use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState,
    caller::Caller,
    permissions::Action,
    problem::Problem,
    rejoining::{Typed, rejoin},
};

use crate::{
    documentation::{Forbidden, Invalid, Malformed, NotFound, Unauthenticated},
    input::JsonBody,
    problem::ProblemBody,
    routes::session::get::CurrentSession,
};

/// Where a student goes to school.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Membership {
    /// The establishment.
    #[serde(default)]
    #[schema(required = true, example = "9990021U")]
    uai: String,
    /// Their class, if they know it.
    #[schema(format = Uuid)]
    class_id: Option<String>,
}

/// Joins an establishment again, after a rejection or for a new year.
#[utoipa::path(
    put,
    path = "/me/establishment",
    tag = "accounts",
    request_body = Membership,
    responses(
        (status = 200, description = "It is saved", body = CurrentSession),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`establishment_not_eligible`, `establishment_not_registered` or \
                           `students_not_admitted_yet`: it is not the students' turn yet; \
                           `conflict`: the student is still in an establishment",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn join_establishment(
    State(state): State<AppState>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<CurrentSession>, Problem> {
    caller.authorize_anywhere(Action::JoinEstablishment)?;
    let asked: Membership = body.read()?;
    let typed = Typed {
        uai: &asked.uai,
        class: asked.class_id.as_deref().unwrap_or_default(),
    };
    rejoin(&state, &caller, &typed).await?;
    Ok(Json(CurrentSession::of(&state, caller.account).await?))
}
