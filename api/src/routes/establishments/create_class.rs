use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use commands::create_class::CreateClass;
use domain::{ids::ClassId, values::Uai};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{Code, FieldErrors, Problem},
};

use crate::{
    documentation::{Forbidden, Invalid, Malformed, NotFound, Unauthenticated},
    input::{JsonBody, PathId},
    problem::ProblemBody,
    routes::classes::get::tagged,
    views::ClassView,
};

/// A class to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewClass {
    /// Its name, unique in the establishment and year, case and accents aside.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 40, example = "3e A")]
    name: String,
    /// Its track: `troisieme_generale`, `troisieme_prepa_metiers` or `troisieme_segpa`.
    #[serde(default)]
    #[schema(required = true, example = "troisieme_generale")]
    track: String,
}

type Created = (StatusCode, [(HeaderName, HeaderValue); 2], Json<ClassView>);

/// Creates a class in the establishment's present school year.
#[utoipa::path(
    post,
    path = "/establishments/{uai}/classes",
    tag = "classes",
    params(("uai" = String, Path, example = "9990021U")),
    request_body = NewClass,
    responses(
        (
            status = 201,
            description = "The class is created",
            body = ClassView,
            headers(
                ("location" = String, description = "The address of the class"),
                ("etag" = String, description = "Its version, for `If-Match`"),
            ),
        ),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`class_name_taken`: another class has this name; \
                           `establishment_not_registered`; `conflict`",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn create_class(
    State(state): State<AppState>,
    caller: Caller,
    PathId(uai): PathId<Uai>,
    body: JsonBody,
) -> Result<Created, Problem> {
    caller.authorize(Action::ManageClasses, &uai)?;
    let new: NewClass = body.read()?;
    let mut errors = FieldErrors::default();
    let name = errors.take("name", fields::class_name(&new.name));
    let track = errors.take("track", fields::track(&new.track));
    let (Some(name), Some(track)) = (name, track) else {
        return Err(errors.into());
    };

    let command = CreateClass {
        establishment: uai,
        class: ClassId::new(state.commands.clock().new_uuid()),
        name,
        track,
    };
    let class = state.commands.execute(&caller.by(), &command).await?;
    let conn = &mut state.reader().await?;
    let ([etag], class_view) = tagged(&mut conn.conn(), &command.establishment, class).await?;
    let location = HeaderValue::try_from(format!("/api/v1/classes/{class}"))
        .map_err(|error| Problem::failure(Code::Internal, &error))?;
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location), etag],
        class_view,
    ))
}
