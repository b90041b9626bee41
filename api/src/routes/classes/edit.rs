use axum::{extract::State, http::HeaderMap};
use commands::edit_class::EditClass;
use domain::{
    ids::ClassId,
    values::{ClassName, Track},
};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{FieldErrors, Problem},
};

use super::get::{Tagged, tagged};
use crate::{
    documentation::{Forbidden, Invalid, Malformed, NotFound, StaleVersion, Unauthenticated},
    if_match,
    input::{JsonBody, PathId},
    problem::ProblemBody,
    views::ClassView,
};

/// What changes; what is absent or null stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ClassChanges {
    /// The new name.
    #[schema(min_length = 1, max_length = 40, example = "3e Picasso")]
    name: Option<String>,
    /// The new track: `troisieme_generale`, `troisieme_prepa_metiers` or `troisieme_segpa`.
    #[schema(example = "troisieme_segpa")]
    track: Option<String>,
}

/// Renames a class, changes its track, or both.
#[utoipa::path(
    patch,
    path = "/classes/{id}",
    tag = "classes",
    params(
        ("id" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "The version read in `ETag`, several \
                                                             of which one must be the present one, \
                                                             or `*`; weak tags count"),
    ),
    request_body = ClassChanges,
    responses(
        (
            status = 200,
            description = "The class as it is then",
            body = ClassView,
            headers(("etag" = String, description = "The new version")),
        ),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`class_name_taken`: another class has this name; `conflict`",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 412, response = StaleVersion),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn edit_class(
    State(state): State<AppState>,
    caller: Caller,
    PathId(class): PathId<ClassId>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Tagged, Problem> {
    let establishment = caller
        .authorize_class_change(Action::ManageClasses, class, &state)
        .await?;
    let asked =
        if_match::expected_versions(&headers).and_then(|version| Ok((version, changes(&body)?)));
    let (expected_versions, (name, track)) = match asked {
        Ok(asked) => asked,
        Err(problem) => {
            let conn = &mut state.reader().await?;
            return Err(caller.refuse(problem, class, &mut conn.conn()).await);
        }
    };
    let command = EditClass {
        establishment,
        class,
        name,
        track,
        expected_versions,
    };
    state.commands.execute(&caller.by(), &command).await?;
    tagged(
        &mut state.reader().await?.conn(),
        &command.establishment,
        class,
    )
    .await
}

fn changes(body: &JsonBody) -> Result<(Option<ClassName>, Option<Track>), Problem> {
    let changes: ClassChanges = body.read()?;
    let mut errors = FieldErrors::default();
    let name = changes.name.as_deref().map(fields::class_name).transpose();
    let track = changes.track.as_deref().map(fields::track).transpose();
    match (errors.take("name", name), errors.take("track", track)) {
        (Some(name), Some(track)) => Ok((name, track)),
        _ => Err(errors.into()),
    }
}
