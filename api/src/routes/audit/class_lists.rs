use axum::{Json, extract::State};
use domain::values::Uai;
use projections::{as_of, directory};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{FieldErrors, Problem},
};

use crate::{
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    input::{Params, PathId},
    views::PastClassLists,
};

/// Which moment.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Moment {
    /// An instant (RFC 3339), or a day, which stands for its end by the clock of the establishment.
    #[param(required = true, example = "2027-03-12T08:00:00Z")]
    as_of: Option<String>,
}

/// The class lists of an establishment as they stood at an instant, by replay of its history.
#[utoipa::path(
    get,
    path = "/audit/establishments/{uai}/classes",
    tag = "audit",
    params(("uai" = String, Path, example = "9990021U"), Moment),
    responses(
        (status = 200, description = "The class lists at that instant", body = PastClassLists),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn past_class_lists(
    State(state): State<AppState>,
    caller: Caller,
    PathId(uai): PathId<Uai>,
    Params(moment): Params<Moment>,
) -> Result<Json<PastClassLists>, Problem> {
    caller.authorize(Action::ReadHistory, &uai)?;
    let mut errors = FieldErrors::default();
    let moment = fields::moment(moment.as_of.as_deref().unwrap_or_default());
    let Some(moment) = errors.take("as_of", moment) else {
        return Err(errors.into());
    };
    let mut reader = state.reader().await?;
    let mut conn = reader.conn();
    let entry = directory::get(&mut conn, &uai).await?;
    let clock = entry.ok_or_else(Problem::not_found)?.clock();
    let instant = moment.last(clock);
    let lists = as_of::class_lists(&mut conn, &uai, instant).await?;
    Ok(Json(PastClassLists::new(lists, instant, clock)))
}
