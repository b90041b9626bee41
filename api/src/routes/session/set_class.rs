use axum::{Json, extract::State};
use commands::set_own_class::SetOwnClass;
use domain::ids::ClassId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState,
    caller::Caller,
    fields,
    permissions::Action,
    problem::{FieldErrors, Problem},
};

use super::get::CurrentSession;
use crate::{
    documentation::{Forbidden, Invalid, Malformed, NotFound, Unauthenticated},
    input::{self, JsonBody},
    problem::ProblemBody,
};

/// "Ma classe".
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct OwnClass {
    /// The class; null for none.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(required = true, value_type = Option<String>, format = Uuid)]
    #[expect(
        clippy::option_option,
        reason = "null means no class, absent is a mistake"
    )]
    class_id: Option<Option<String>>,
}

/// Says which class is the caller's ("Ma classe"): they become its main teacher in the class list.
#[utoipa::path(
    put,
    path = "/session/class",
    tag = "session",
    request_body = OwnClass,
    responses(
        (status = 200, description = "It is saved", body = CurrentSession),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`conflict`: others are changing the same things at this moment",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn set_own_class(
    State(state): State<AppState>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<CurrentSession>, Problem> {
    caller.authorize_anywhere(Action::ChooseOwnClass)?;
    let establishment = caller.establishment.clone();
    let establishment = establishment.ok_or_else(Problem::not_found)?;
    let asked: OwnClass = body.read()?;
    let mut errors = FieldErrors::default();
    let class = match asked.class_id.as_ref().map(Option::as_deref) {
        Some(None) => Ok(None),
        // Whoever chose nothing keeps their class.
        Some(Some(class)) if fields::chosen(class).is_some() => {
            fields::id::<ClassId>(class).map(Some)
        }
        _ => Err(fields::required("Choisissez une classe, ou aucune (null).")),
    };
    let Some(class) = errors.take("class_id", class) else {
        return Err(errors.into());
    };
    let command = SetOwnClass {
        establishment,
        teacher: caller.account,
        class,
    };
    state.commands.execute(&caller.by(), &command).await?;
    Ok(Json(CurrentSession::of(&state, caller.account).await?))
}
