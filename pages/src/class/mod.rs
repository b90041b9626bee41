//! A class and its pupils (manual, "Un élève change de classe en cours d'année, que faire ?").

mod delete;
mod edit;

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{ids::ClassId, values::Uai};
use projections::{
    classes::{self, ClassItem},
    roster as students,
};
use store::Conn;
use web::{
    AppState, PathId,
    caller::Caller,
    permissions::{Action, may},
    problem::Problem,
};

use crate::{
    classes::{MOST_CLASSES, teachers},
    form::{Faults, Form},
    frame::{Frame, Page, Place, Visit, own_establishment},
    roster::{MOST_STUDENTS, Table, Unsaved, save, to_choose},
};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/classes/{id}", get(show).post(change))
        .merge(edit::routes())
        .merge(delete::routes())
}

#[derive(Template)]
#[template(path = "class/page.html")]
struct ClassPage {
    frame: Frame,
    faults: Faults,
    class: ClassItem,
    main_teachers: String,
    may_manage: bool,
    table: Table,
}

/// The page of a class.
fn path(class: ClassId) -> String {
    format!("/classes/{class}")
}

/// The class, when it is one of that establishment.
async fn find(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    class: ClassId,
) -> Result<ClassItem, Problem> {
    let class = classes::get(conn, class).await?;
    class
        .filter(|class| class.establishment == *establishment)
        .ok_or_else(Problem::not_found)
}

async fn show(visit: Visit, PathId(class): PathId<ClassId>) -> Result<Page<ClassPage>, Problem> {
    Ok(Page(page(visit, class).await?))
}

async fn change(
    State(state): State<AppState>,
    caller: Caller,
    PathId(class): PathId<ClassId>,
    form: Form,
) -> Result<Response, Problem> {
    let establishment = own_establishment(&caller, Action::MoveStudents)?;
    match save(&state, &caller, &establishment, &form, &path(class)).await {
        Ok(answer) => Ok(answer),
        Err(Unsaved { why, moved }) => {
            let mut visit = Visit::again(&state, caller).await?;
            let conn = &mut visit.conn();
            let everybody =
                students::in_establishment(conn, &establishment, false, None, MOST_STUDENTS)
                    .await?;
            let mut page = page(visit, class).await?;
            page.faults = Faults::from(why);
            page.table.typed(&form, &page.faults, &moved, everybody);
            Ok((page.faults.status(), Page(page)).into_response())
        }
    }
}

async fn page(mut visit: Visit, class: ClassId) -> Result<ClassPage, Problem> {
    let caller = visit.caller.clone();
    let conn = &mut visit.conn();
    let action = Action::ReadEstablishment;
    let establishment = caller.authorize_class(action, class, conn).await?;
    let classes = classes::list(conn, &establishment, None, MOST_CLASSES).await?;
    let class = classes.iter().find(|one| one.id == class);
    let class = class.cloned().ok_or_else(Problem::not_found)?;
    let pupils = students::in_class(conn, &establishment, class.id, None, MOST_STUDENTS).await?;
    let table = Table {
        action: path(class.id),
        caption: format!("Les élèves de la classe {}", class.name),
        rows: pupils.into_iter().map(Into::into).collect(),
        classes: to_choose(&classes),
        may_assign: may(caller.role, Action::AssignStudents),
        may_change: may(caller.role, Action::MoveStudents),
    };
    Ok(ClassPage {
        frame: visit.frame(class.name.clone(), Place::Classes).await?,
        faults: Faults::default(),
        main_teachers: teachers(&class),
        may_manage: may(caller.role, Action::ManageClasses),
        table,
        class,
    })
}

#[cfg(test)]
mod tests {
    use domain::values::{SchoolYear, Track};
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn page(name: &str, may_manage: bool) -> String {
        let class = ClassItem {
            id: ClassId::new(Uuid::from_u128(1)),
            establishment: Uai::parse("9990021U").unwrap(),
            name: name.to_owned(),
            track: Track::TroisiemeGenerale,
            school_year: SchoolYear::starting(2026).unwrap(),
            student_count: 0,
            version: 1,
            main_teachers: Vec::new(),
        };
        checked(&ClassPage {
            frame: framed("3e A", Place::Classes),
            faults: Faults::default(),
            class,
            main_teachers: name.to_owned(),
            may_manage,
            table: Table {
                action: String::new(),
                caption: String::new(),
                rows: Vec::new(),
                classes: Vec::new(),
                may_assign: true,
                may_change: true,
            },
        })
    }

    /// An empty class says how pupils come, and is the only one that can be deleted.
    #[test]
    fn an_empty_class_says_what_can_be_done_with_it() {
        for name in NASTY {
            let html = page(name, true);
            assert!(html.contains("Aucun élève dans cette classe."));
            assert!(html.contains("/supprimer\""));
            assert!(!page(name, false).contains("/supprimer\""));
        }
    }
}
