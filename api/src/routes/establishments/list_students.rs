use axum::Json;
use domain::values::Uai;
use projections::roster::{self, StudentItem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{
    caller::Reading,
    permissions::Action,
    problem::{FieldErrors, Problem, Wrong},
};

use super::list_classes::must_exist;
use crate::{
    Page,
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    input::{Params, PathId},
    page::{PageParams, Place},
    views::StudentView,
};

/// Which students.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct StudentFilter {
    /// True for those who have no class yet, only.
    #[param(value_type = Option<bool>, default = false)]
    without_class: Option<String>,
}

/// The students of an establishment, by name; all, or those still without a class.
#[utoipa::path(
    get,
    path = "/establishments/{uai}/students",
    tag = "students",
    params(("uai" = String, Path, example = "9990021U"), StudentFilter, PageParams),
    responses(
        (status = 200, description = "The students", body = Page<StudentView>),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_students(
    Reading { caller, mut reader }: Reading,
    PathId(uai): PathId<Uai>,
    Params(filter): Params<StudentFilter>,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<StudentView>>, Problem> {
    caller.authorize(Action::ReadEstablishment, &uai)?;
    let mut errors = FieldErrors::default();
    let without_class = errors.take("without_class", flag(filter.without_class.as_deref()));
    let page = params.read::<Place>(&mut errors);
    let (Some(without_class), Some(page)) = (without_class, page) else {
        return Err(errors.into());
    };

    let conn = &mut reader.conn();
    let after = page.place();
    let mut students =
        roster::in_establishment(conn, &uai, without_class, after.as_ref(), page.rows()).await?;
    if students.is_empty() {
        must_exist(conn, &uai).await?;
    }
    let next = page.cut(&mut students, |last: &StudentItem| {
        Place::from(last.cursor())
    });
    Ok(Json(Page {
        items: students.into_iter().map(Into::into).collect(),
        next,
    }))
}

fn flag(text: Option<&str>) -> Result<bool, Wrong> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(("invalid", "without_class doit être true ou false.".into())),
    }
}
