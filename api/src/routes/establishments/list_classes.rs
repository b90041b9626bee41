use axum::Json;
use domain::values::Uai;
use projections::{
    classes::{self, ClassItem},
    directory, roster,
};
use serde::Serialize;
use utoipa::ToSchema;
use web::{caller::Reading, permissions::Action, problem::Problem};

use crate::{
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    input::{Params, PathId},
    page::{PageParams, Place},
    views::ClassView,
};

/// The classes of an establishment.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct ClassList {
    /// The classes on this page, by name.
    items: Vec<ClassView>,
    /// Give it as `after` for the next page; null on the last one.
    next: Option<String>,
    /// How many students of the establishment have no class yet.
    #[schema(example = 5)]
    students_without_class: i64,
}

/// The classes of an establishment, by name, and how many students have none.
#[utoipa::path(
    get,
    path = "/establishments/{uai}/classes",
    tag = "classes",
    params(("uai" = String, Path, example = "9990021U"), PageParams),
    responses(
        (status = 200, description = "The classes", body = ClassList),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_classes(
    Reading { caller, mut reader }: Reading,
    PathId(uai): PathId<Uai>,
    Params(params): Params<PageParams>,
) -> Result<Json<ClassList>, Problem> {
    caller.authorize(Action::ReadEstablishment, &uai)?;
    let page = params.finish()?;
    let conn = &mut reader.conn();
    let mut list = classes::list(conn, &uai, page.place().as_ref(), page.rows()).await?;
    if list.is_empty() {
        must_exist(conn, &uai).await?;
    }
    let next = page.cut(&mut list, |last: &ClassItem| Place::from(last.cursor()));
    Ok(Json(ClassList {
        items: list.into_iter().map(Into::into).collect(),
        next,
        students_without_class: roster::without_class_count(conn, &uai).await?,
    }))
}

/// An empty list may be that of an establishment which does not exist: only administrators may ask
/// for one.
pub(super) async fn must_exist(conn: &mut store::Conn<'_>, uai: &Uai) -> Result<(), Problem> {
    directory::get(conn, uai)
        .await?
        .map(|_| ())
        .ok_or_else(Problem::not_found)
}
