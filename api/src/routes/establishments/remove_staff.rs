use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use commands::remove_staff::RemoveStaff;
use domain::{ids::PersonId, values::Uai};
use web::{AppState, caller::Caller, permissions::Action, problem::Problem};

use crate::{
    documentation::{Forbidden, NotFound, Unauthenticated},
    problem::ProblemBody,
};

/// Removes somebody from the staff: their sessions end, and their class has no main teacher in them any
/// more. They keep their account, and may come back by an invitation.
#[utoipa::path(
    delete,
    path = "/establishments/{uai}/staff/{id}",
    tag = "staff",
    params(("uai" = String, Path, example = "9990021U"), ("id" = Uuid, Path)),
    responses(
        (status = 204, description = "The person is no longer on the staff"),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`conflict`: others are changing the same things at this moment",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(in super::super) async fn remove_staff(
    State(state): State<AppState>,
    caller: Caller,
    path: Result<Path<(String, String)>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path((uai, id)) = path.map_err(|_| Problem::not_found())?;
    let establishment: Uai = uai.parse().map_err(|_| Problem::not_found())?;
    caller.authorize(Action::ManageStaff, &establishment)?;
    let staff: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let command = RemoveStaff {
        establishment,
        staff,
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(StatusCode::NO_CONTENT)
}
