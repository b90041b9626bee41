use accounts::invitee;
use axum::{Json, extract::State, http::StatusCode};
use domain::ids::InvitationId;
use projections::invitations;
use web::{
    AppState, ClientAddress,
    caller::Caller,
    invitations::{reach, send_again},
    problem::Problem,
};

use crate::{
    documentation::{Forbidden, NotFound, RateLimited, Unauthenticated},
    input::PathId,
    problem::ProblemBody,
    views::InvitationView,
};

/// Sends an invitation again, with a new link that is good for 14 days; the link before it is worth
/// nothing any more.
#[utoipa::path(
    post,
    path = "/invitations/{id}/resend",
    tag = "staff",
    params(("id" = Uuid, Path)),
    responses(
        (status = 202, description = "The invitation is sent again", body = InvitationView),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`establishment_not_eligible`: nobody may come there any more",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn resend_invitation(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    PathId(invitation): PathId<InvitationId>,
) -> Result<(StatusCode, Json<InvitationView>), Problem> {
    let item = reach(&state, &caller, invitation).await?;
    send_again(&state, &caller, client, &item).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&state, invitation).await?)))
}

/// An invitation as its head sees it.
pub(in super::super) async fn shown(
    state: &AppState,
    invitation: InvitationId,
) -> Result<InvitationView, Problem> {
    let mut reader = state.reader().await?;
    let conn = &mut reader.conn();
    let item = invitations::get(conn, invitation).await?;
    let item = item.ok_or_else(Problem::not_found)?;
    let invitee = invitee::get(conn, invitation).await?;
    let now = state.commands.clock().now();
    Ok(InvitationView::new(item, invitee, now))
}
