//! The pupils who have no class yet (manual, "Comment spécifier la classe d'un élève ?").

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use projections::{classes, roster};
use web::{
    AppState,
    caller::Caller,
    permissions::{Action, may},
    problem::Problem,
};

use crate::{
    classes::MOST_CLASSES,
    form::{Faults, Form},
    frame::{Frame, Page, Place, Visit, own_establishment},
    roster::{MOST_STUDENTS, Table, Unsaved, save, to_choose},
};

const PATH: &str = "/etablissement/sans-classe";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show).post(change))
}

#[derive(Template)]
#[template(path = "without_class/page.html")]
struct WithoutClassPage {
    frame: Frame,
    faults: Faults,
    table: Table,
}

async fn show(visit: Visit) -> Result<Page<WithoutClassPage>, Problem> {
    Ok(Page(page(visit).await?))
}

async fn change(
    State(state): State<AppState>,
    caller: Caller,
    form: Form,
) -> Result<Response, Problem> {
    let establishment = own_establishment(&caller, Action::MoveStudents)?;
    match save(&state, &caller, &establishment, &form, PATH).await {
        Ok(answer) => Ok(answer),
        Err(Unsaved { why, moved }) => {
            let mut visit = Visit::again(&state, caller).await?;
            let conn = &mut visit.conn();
            let everybody =
                roster::in_establishment(conn, &establishment, false, None, MOST_STUDENTS).await?;
            let mut page = page(visit).await?;
            page.faults = Faults::from(why);
            page.table.typed(&form, &page.faults, &moved, everybody);
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(mut visit: Visit) -> Result<WithoutClassPage, Problem> {
    let establishment = visit.establishment(Action::ReadEstablishment)?;
    let role = visit.caller.role;
    let conn = &mut visit.conn();
    let classes = classes::list(conn, &establishment, None, MOST_CLASSES).await?;
    let waiting = roster::in_establishment(conn, &establishment, true, None, MOST_STUDENTS).await?;
    let table = Table {
        action: PATH.to_owned(),
        caption: "Les élèves sans classe".to_owned(),
        rows: waiting.into_iter().map(Into::into).collect(),
        classes: to_choose(&classes),
        may_assign: may(role, Action::AssignStudents),
        may_change: may(role, Action::MoveStudents),
    };
    let frame = visit.frame("Élèves sans classe", Place::WithoutClass);
    Ok(WithoutClassPage {
        frame: frame.await?,
        faults: Faults::default(),
        table,
    })
}
