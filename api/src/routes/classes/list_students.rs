use axum::Json;
use domain::ids::ClassId;
use projections::{
    classes,
    roster::{self, StudentItem},
};
use web::{caller::Reading, permissions::Action, problem::Problem};

use crate::{
    Page,
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    input::{Params, PathId},
    page::{PageParams, Place},
    views::StudentView,
};

/// The students of a class, by name.
#[utoipa::path(
    get,
    path = "/classes/{id}/students",
    tag = "students",
    params(("id" = Uuid, Path), PageParams),
    responses(
        (status = 200, description = "The students of the class", body = Page<StudentView>),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_class_students(
    Reading { caller, mut reader }: Reading,
    PathId(class): PathId<ClassId>,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<StudentView>>, Problem> {
    let conn = &mut reader.conn();
    let establishment = caller
        .authorize_class(Action::ReadEstablishment, class, conn)
        .await?;
    let page = match params.finish() {
        Ok(page) => page,
        Err(problem) => return Err(caller.refuse(problem, class, conn).await),
    };
    let mut students = roster::in_class(
        conn,
        &establishment,
        class,
        page.place().as_ref(),
        page.rows(),
    )
    .await?;
    if students.is_empty() {
        // A class with students exists; one without may be empty, gone or somebody else's.
        classes::get(conn, class)
            .await?
            .filter(|class| class.establishment == establishment)
            .ok_or_else(Problem::not_found)?;
    }
    let next = page.cut(&mut students, |last: &StudentItem| {
        Place::from(last.cursor())
    });
    Ok(Json(Page {
        items: students.into_iter().map(Into::into).collect(),
        next,
    }))
}
