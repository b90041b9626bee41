use axum::{extract::State, http::StatusCode};
use domain::ids::InvitationId;
use web::{
    AppState,
    caller::Caller,
    invitations::{reach, revoke},
    problem::Problem,
};

use crate::{
    documentation::{Forbidden, NotFound, Unauthenticated},
    input::PathId,
    problem::ProblemBody,
};

/// Takes an invitation back: its link is worth nothing from then on.
#[utoipa::path(
    delete,
    path = "/invitations/{id}",
    tag = "staff",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "The invitation is taken back"),
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
pub(in super::super) async fn revoke_invitation(
    State(state): State<AppState>,
    caller: Caller,
    PathId(invitation): PathId<InvitationId>,
) -> Result<StatusCode, Problem> {
    let item = reach(&state, &caller, invitation).await?;
    revoke(&state, &caller, item).await?;
    Ok(StatusCode::NO_CONTENT)
}
