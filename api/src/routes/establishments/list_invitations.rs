use accounts::invitee;
use axum::{Json, extract::State};
use domain::values::Uai;
use projections::invitations::{self, InvitationItem};
use web::{AppState, caller::Reading, permissions::Action, problem::Problem};

use super::list_classes::must_exist;
use crate::{
    Page,
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    input::{Params, PathId},
    page::{PageParams, Place},
    views::InvitationView,
};

/// The invitations that nobody has followed yet, by name.
#[utoipa::path(
    get,
    path = "/establishments/{uai}/invitations",
    tag = "staff",
    params(("uai" = String, Path, example = "9990021U"), PageParams),
    responses(
        (status = 200, description = "The pending invitations", body = Page<InvitationView>),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_invitations(
    State(state): State<AppState>,
    Reading { caller, mut reader }: Reading,
    PathId(uai): PathId<Uai>,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<InvitationView>>, Problem> {
    caller.authorize(Action::ReadInvitations, &uai)?;
    let page = params.finish()?;
    let conn = &mut reader.conn();
    let mut list = invitations::list(conn, &uai, page.place().as_ref(), page.rows()).await?;
    if list.is_empty() {
        must_exist(conn, &uai).await?;
    }
    let next = page.cut(&mut list, |last: &InvitationItem| {
        Place::from(last.cursor())
    });
    let mut invitees = invitee::of(conn, &uai).await?;
    let now = state.commands.clock().now();
    let items = list.into_iter().map(|invitation| {
        let invitee = invitees.remove(&invitation.id);
        InvitationView::new(invitation, invitee, now)
    });
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}
