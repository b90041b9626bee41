//! "Annuler", beside an invitation as head.

use axum::{Router, extract::State, response::Redirect, routing::post};
use commands::Refusal;
use domain::values::Uai;
use web::{AppState, PathId, caller::Caller, headship, problem::Problem};

use super::path;
use crate::{form::Form, frame::done};

pub(super) fn routes() -> Router<AppState> {
    let path = "/administration/etablissements/{uai}/chef/annuler";
    Router::new().route(path, post(revoke))
}

async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    PathId(uai): PathId<Uai>,
    form: Form,
) -> Result<Redirect, Problem> {
    if form.wanted().is_err() {
        return Ok(Redirect::to(&path(&uai)));
    }
    let invitation = form.text("invitation").parse();
    let invitation = invitation.map_err(|_| Refusal::InvitationNotFound)?;
    headship::revoke(&state, &caller, &uai, invitation).await?;
    Ok(done(&path(&uai), &caller))
}
