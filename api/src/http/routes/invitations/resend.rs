use axum::{Json, extract::State, http::StatusCode};
use domain::{ids::InvitationId, values::Uai};
use projections::invitations;
use store::Write;

use crate::{
    accounts::{
        invitees::{self, Renew},
        proofs::Purpose,
    },
    http::{
        AppState,
        caller::Caller,
        documentation::{Forbidden, NotFound, Unauthenticated},
        input::PathId,
        permissions::Action,
        problem::Problem,
        views::InvitationView,
    },
    mail::{Message, Post},
};

/// Sends an invitation again, with a new link that is good for 14 days; the link before it is worth
/// nothing any more.
#[utoipa::path(
    post,
    path = "/invitations/{id}/resend",
    tag = "staff",
    params(("id" = Uuid, Path)),
    responses(
        (status = 202, description = "L'invitation est envoyée à nouveau", body = InvitationView),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
    ),
)]
pub(in super::super) async fn resend_invitation(
    State(state): State<AppState>,
    caller: Caller,
    PathId(invitation): PathId<InvitationId>,
) -> Result<(StatusCode, Json<InvitationView>), Problem> {
    reach(&state, &caller, invitation).await?;
    let clock = state.commands.clock();
    let renew = Renew {
        invitation,
        expires_at: clock.now() + Purpose::Invitation.lifetime(),
    };
    let post = Post::new(clock, Message::Invitation { invitation });
    let writes: [&dyn Write; 2] = [&renew, &post];
    state.write(&writes).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&state, invitation).await?)))
}

/// The establishment of an invitation that the caller may manage.
pub(super) async fn reach(
    state: &AppState,
    caller: &Caller,
    invitation: InvitationId,
) -> Result<Uai, Problem> {
    let mut reader = state.reader().await?;
    let invitation = invitations::get(&mut reader.conn(), invitation).await?;
    let invitation = invitation.ok_or_else(Problem::not_found)?;
    caller.authorize(Action::ManageStaff, &invitation.establishment)?;
    Ok(invitation.establishment)
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
    let invitee = invitees::get(conn, invitation).await?;
    let now = state.commands.clock().now();
    Ok(InvitationView::new(item, invitee, now))
}
