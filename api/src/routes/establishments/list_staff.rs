use axum::Json;
use domain::values::Uai;
use projections::staff::{self, StaffItem};
use web::{caller::Reading, permissions::Action, problem::Problem};

use super::list_classes::must_exist;
use crate::{
    Page,
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    input::{Params, PathId},
    page::{PageParams, Place},
    views::StaffView,
};

/// The staff of an establishment, by name.
#[utoipa::path(
    get,
    path = "/establishments/{uai}/staff",
    tag = "establishments",
    params(("uai" = String, Path, example = "9990021U"), PageParams),
    responses(
        (status = 200, description = "The staff", body = Page<StaffView>),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_staff(
    Reading { caller, mut reader }: Reading,
    PathId(uai): PathId<Uai>,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<StaffView>>, Problem> {
    caller.authorize(Action::ReadEstablishment, &uai)?;
    let page = params.finish()?;
    let conn = &mut reader.conn();
    let mut staff = staff::list(conn, &uai, page.place().as_ref(), page.rows()).await?;
    if staff.is_empty() {
        must_exist(conn, &uai).await?;
    }
    let next = page.cut(&mut staff, |last: &StaffItem| Place::from(last.cursor()));
    Ok(Json(Page {
        items: staff.into_iter().map(Into::into).collect(),
        next,
    }))
}
