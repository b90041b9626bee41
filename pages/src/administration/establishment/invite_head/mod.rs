//! "Inviter un chef d'établissement": whatever their address, and whoever heads it now.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::values::Uai;
use projections::directory::DirectoryEntry;
use web::{
    AppState, ClientAddress, PathId, caller::Caller, headship, permissions::Action,
    problem::Problem,
};

use super::{find, framed, head, name, path};
use crate::{
    form::{Faults, Form, NotDone},
    frame::{Frame, Page, Visit, done},
    staff::{SENT_AGAIN, everybody},
};

pub(super) fn routes() -> Router<AppState> {
    let path = "/administration/etablissements/{uai}/chef/inviter";
    Router::new().route(path, get(show).post(invite))
}

#[derive(Template)]
#[template(path = "administration/establishment/invite_head/page.html")]
struct InviteHeadPage {
    frame: Frame,
    faults: Faults,
    typed: Form,
    school: DirectoryEntry,
    /// Whose place it is now.
    head: Option<String>,
}

async fn show(visit: Visit, PathId(uai): PathId<Uai>) -> Result<Page<InviteHeadPage>, Problem> {
    Ok(Page(
        page(visit, &uai, Faults::default(), Form::default()).await?,
    ))
}

async fn invite(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    PathId(uai): PathId<Uai>,
    form: Form,
) -> Result<Response, Problem> {
    match act(&state, &caller, client, &uai, &form).await {
        Ok(to) => Ok(to.into_response()),
        Err(not_done) => {
            let faults = Faults::from(not_done);
            let visit = Visit::again(&state, caller).await?;
            let page = page(visit, &uai, faults, form).await?;
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(
    mut visit: Visit,
    uai: &Uai,
    faults: Faults,
    typed: Form,
) -> Result<InviteHeadPage, Problem> {
    let school = find(&mut visit, Action::AppointHead, uai).await?;
    let staff = everybody(&mut visit.conn(), uai).await?;
    Ok(InviteHeadPage {
        frame: framed(&mut visit, "Inviter un chef d'établissement".to_owned()).await?,
        faults,
        typed,
        school,
        head: head(&staff).map(name),
    })
}

async fn act(
    state: &AppState,
    caller: &Caller,
    client: ClientAddress,
    uai: &Uai,
    form: &Form,
) -> Result<Redirect, NotDone> {
    caller.authorize(Action::AppointHead, uai)?;
    form.wanted()?;
    let invited = headship::invite(state, caller, client, uai, form.text("email")).await?;
    if invited.again {
        let invitation = invited.sent.invitation;
        let path = format!("{}?{SENT_AGAIN}={invitation}", path(uai));
        return Ok(Redirect::to(&path));
    }
    Ok(done(&path(uai), caller))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        frame::Place,
        testing::{NASTY, checked, framed, listed},
    };

    /// Whoever sends it knows beforehand whose place the guest takes, and a refused address comes back.
    #[test]
    fn it_says_whose_place_is_taken() {
        for name in NASTY {
            let page = |head: Option<&str>| {
                checked(&InviteHeadPage {
                    frame: framed("Inviter un chef d'établissement", Place::Establishments),
                    faults: Faults::default(),
                    typed: Form::read("email=x%22%3E"),
                    school: listed(name),
                    head: head.map(str::to_owned),
                })
            };
            let html = page(Some(name));
            assert!(html.contains("prend la place de"), "{html}");
            assert!(html.contains("value=\"x&#34;&#62;\""), "{html}");
            assert!(!page(None).contains("prend la place de"));
        }
    }
}
