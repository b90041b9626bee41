use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use commands::delete_class::DeleteClass;
use domain::ids::ClassId;
use web::{AppState, caller::Caller, permissions::Action, problem::Problem};

use crate::{
    documentation::{Forbidden, Malformed, NotFound, StaleVersion, Unauthenticated},
    if_match,
    input::PathId,
    problem::ProblemBody,
};

/// Deletes a class, which must be empty.
#[utoipa::path(
    delete,
    path = "/classes/{id}",
    tag = "classes",
    params(
        ("id" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "The version read in `ETag`, several \
                                                             of which one must be the present one, \
                                                             or `*`; weak tags count"),
    ),
    responses(
        (status = 204, description = "The class is deleted"),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`class_not_empty`: students are still in it; `conflict`",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 412, response = StaleVersion),
    ),
)]
pub(in super::super) async fn delete_class(
    State(state): State<AppState>,
    caller: Caller,
    PathId(class): PathId<ClassId>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let establishment = caller
        .authorize_class_change(Action::ManageClasses, class, &state)
        .await?;
    let expected_versions = match if_match::expected_versions(&headers) {
        Ok(version) => version,
        Err(problem) => {
            let conn = &mut state.reader().await?;
            return Err(caller.refuse(problem, class, &mut conn.conn()).await);
        }
    };
    let command = DeleteClass {
        establishment,
        class,
        expected_versions,
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(StatusCode::NO_CONTENT)
}
