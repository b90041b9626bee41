use axum::{Json, extract::State, http::StatusCode};
use domain::values::Uai;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState, ClientAddress,
    caller::Caller,
    invitations::{self, Typed},
    permissions::Action,
    problem::Problem,
};

use crate::{
    documentation::{Forbidden, Malformed, NotFound, RateLimited, Unauthenticated},
    input::{JsonBody, PathId},
    problem::ProblemBody,
    routes::invitations::resend::shown,
    views::InvitationView,
};

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewInvitation {
    /// Where the invitation goes.
    #[serde(default)]
    #[schema(required = true, example = "l.moreau@ac-demo.test")]
    email: String,
    /// Given name.
    #[serde(default)]
    #[schema(required = true, example = "Lise")]
    first_name: String,
    /// Family name.
    #[serde(default)]
    #[schema(required = true, example = "Moreau")]
    last_name: String,
    /// `main_teacher`, `teacher` or `counsellor`.
    #[serde(default)]
    #[schema(required = true, example = "main_teacher")]
    role: String,
    /// The class meant for a main teacher.
    #[schema(format = Uuid)]
    class_id: Option<String>,
}

/// Invites somebody to join the staff: the link that is sent to them is good for 14 days.
#[utoipa::path(
    post,
    path = "/establishments/{uai}/invitations",
    tag = "staff",
    params(("uai" = String, Path, example = "9990021U")),
    request_body = NewInvitation,
    responses(
        (status = 201, description = "The invitation is sent", body = InvitationView),
        (status = 400, response = Malformed),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (
            status = 409,
            description = "`conflict`: this address has an invitation already, or is on the staff; \
                           `establishment_not_eligible`: nobody may come there any more",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "`validation`: `errors` names every field at fault; `email_not_allowed`: \
                           the address is not one of the academy's",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn invite_staff(
    State(state): State<AppState>,
    caller: Caller,
    client: ClientAddress,
    PathId(uai): PathId<Uai>,
    body: JsonBody,
) -> Result<(StatusCode, Json<InvitationView>), Problem> {
    caller.authorize(Action::ManageStaff, &uai)?;
    let asked = body.read::<NewInvitation>()?;
    let typed = Typed {
        email: &asked.email,
        first_name: &asked.first_name,
        last_name: &asked.last_name,
        role: &asked.role,
        class: asked.class_id.as_deref(),
    };
    let sent = invitations::invite(&state, &caller.by(), client, typed.read(uai)?).await?;
    Ok((
        StatusCode::CREATED,
        Json(shown(&state, sent.invitation).await?),
    ))
}
