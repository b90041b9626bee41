use axum::Json;
use domain::ids::CorrelationId;
use projections::resets::{self, ResetItem};
use web::{
    caller::Reading,
    permissions::Action,
    problem::{FieldErrors, Problem},
};

use crate::{
    Page,
    documentation::{Forbidden, Invalid, Unauthenticated},
    input::Params,
    page::PageParams,
    views::ResetView,
};

/// The runs of the yearly reset, newest first.
///
/// A run that was interrupted and the one that ended its work are two.
#[utoipa::path(
    get,
    path = "/audit/resets",
    tag = "audit",
    params(PageParams),
    responses(
        (status = 200, description = "The yearly resets", body = Page<ResetView>),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_resets(
    Reading { caller, mut reader }: Reading,
    Params(page): Params<PageParams>,
) -> Result<Json<Page<ResetView>>, Problem> {
    caller.authorize_anywhere(Action::ReadResets)?;
    let mut errors = FieldErrors::default();
    let Some(page) = page.read::<CorrelationId>(&mut errors) else {
        return Err(errors.into());
    };
    let mut runs = resets::list(&mut reader.conn(), page.after, page.rows()).await?;
    let next = page.cut(&mut runs, |last: &ResetItem| last.run);
    Ok(Json(Page {
        items: runs.into_iter().map(Into::into).collect(),
        next,
    }))
}
