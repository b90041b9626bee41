use axum::{
    Json,
    http::{HeaderName, HeaderValue, header},
};
use domain::{ids::ClassId, values::Uai};
use projections::classes;
use store::Conn;
use web::{caller::Reading, permissions::Action, problem::Problem};

use crate::{
    documentation::{Forbidden, NotFound, Unauthenticated},
    if_match,
    input::PathId,
    views::ClassView,
};

/// A class with its version in `ETag`.
pub(in super::super) type Tagged = ([(HeaderName, HeaderValue); 1], Json<ClassView>);

/// One class.
#[utoipa::path(
    get,
    path = "/classes/{id}",
    tag = "classes",
    params(("id" = Uuid, Path)),
    responses(
        (
            status = 200,
            description = "The class",
            body = ClassView,
            headers(("etag" = String, description = "The version, for `If-Match`")),
        ),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
    ),
)]
pub(in super::super) async fn get_class(
    Reading { caller, mut reader }: Reading,
    PathId(class): PathId<ClassId>,
) -> Result<Tagged, Problem> {
    let conn = &mut reader.conn();
    let establishment = caller
        .authorize_class(Action::ReadEstablishment, class, conn)
        .await?;
    tagged(conn, &establishment, class).await
}

/// The class of that establishment, as it is now.
pub(in super::super) async fn tagged(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    class: ClassId,
) -> Result<Tagged, Problem> {
    let class = classes::get(conn, class)
        .await?
        .filter(|class| class.establishment == *establishment)
        .ok_or_else(Problem::not_found)?;
    Ok((
        [(header::ETAG, if_match::tag(class.version))],
        Json(class.into()),
    ))
}
