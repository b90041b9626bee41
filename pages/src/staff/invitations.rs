//! "Renvoyer" and "Annuler", beside each invitation.

use accounts::inviting::Sent;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::ids::InvitationId;
use web::{
    AppState, ClientAddress, PathId,
    caller::Caller,
    invitations::{self, reach},
    permissions::Action,
    problem::Problem,
};

use super::{PATH, SENT_AGAIN, page};
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Visit, done, own_establishment},
};

pub(super) async fn send_again(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    PathId(id): PathId<InvitationId>,
    form: Form,
) -> Result<Response, Problem> {
    own_establishment(&caller, Action::ManageStaff)?;
    let sent = async {
        form.wanted()?;
        let invitation = reach(&state, &caller, id).await?;
        Ok(invitations::send_again(&state, &caller, client, &invitation).await?)
    };
    match sent.await {
        Ok(Sent { invitation, .. }) => {
            let path = format!("{PATH}?{SENT_AGAIN}={invitation}");
            Ok(Redirect::to(&path).into_response())
        }
        Err(not_done) => refused(&state, caller, not_done).await,
    }
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<InvitationId>,
    form: Form,
) -> Result<Response, Problem> {
    own_establishment(&caller, Action::ManageStaff)?;
    let revoked = async {
        form.wanted()?;
        let invitation = reach(&state, &caller, id).await?;
        Ok(invitations::revoke(&state, &caller, invitation).await?)
    };
    match revoked.await {
        Ok(()) => Ok(done(PATH, &caller).into_response()),
        Err(not_done) => refused(&state, caller, not_done).await,
    }
}

/// The list as it is: somebody may have followed the invitation meanwhile.
async fn refused(state: &AppState, caller: Caller, not_done: NotDone) -> Result<Response, Problem> {
    let faults = Faults::from(not_done);
    let status = faults.status();
    let visit = Visit::again(state, caller).await?;
    Ok((status, page(state, visit, faults).await?).into_response())
}
