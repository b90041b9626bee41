use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use domain::{
    ids::ClassId,
    values::{StaffRole, Uai},
};
use serde::Serialize;
use utoipa::ToSchema;
use web::{AppState, ClientAddress, invitation, problem::Problem};

use super::LinkToken;
use crate::{
    documentation::{Invalid, Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
};

/// What an invitation says, to fill in the form of the sign-up.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct InvitationContents {
    /// The invitation.
    invitation: Prefilled,
}

/// The fields that an invitation gives.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct Prefilled {
    /// The address it went to.
    #[schema(example = "l.moreau@ac-demo.test")]
    email: String,
    /// Given name, when the invitation gives it.
    #[schema(example = "Lise")]
    first_name: Option<String>,
    /// Family name, when the invitation gives it.
    #[schema(example = "Moreau")]
    last_name: Option<String>,
    /// `head`, `main_teacher`, `teacher` or `counsellor`.
    #[schema(value_type = String, example = "main_teacher")]
    role: StaffRole,
    /// The establishment.
    #[schema(value_type = String, example = "9990021U")]
    uai: Uai,
    /// Its name.
    #[schema(example = "Collège des Trois Rivières")]
    establishment: String,
    /// The class meant for a main teacher.
    #[schema(value_type = Option<Uuid>)]
    class_id: Option<ClassId>,
    /// Until when it may be followed.
    expires_at: DateTime<Utc>,
}

/// What an invitation says, for whoever holds its link.
#[utoipa::path(
    post,
    path = "/accounts/invitation",
    tag = "accounts",
    security(()),
    request_body = LinkToken,
    responses(
        (status = 200, description = "The invitation", body = InvitationContents),
        (status = 400, response = Malformed),
        (status = 410, response = TokenInvalid),
        (status = 422, response = Invalid),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn read_invitation(
    State(state): State<AppState>,
    client: ClientAddress,
    body: JsonBody,
) -> Result<Json<InvitationContents>, Problem> {
    let link: LinkToken = body.read()?;
    let invited = invitation::read(&state, client, &link.token).await?;
    let (invitation, sent) = (invited.invitation, invited.invitee);
    Ok(Json(InvitationContents {
        invitation: Prefilled {
            email: sent.email.to_string(),
            first_name: invitation.first_name,
            last_name: invitation.last_name,
            role: invitation.role,
            uai: sent.establishment,
            establishment: invited.establishment.name,
            class_id: invitation.class_id,
            expires_at: sent.expires_at,
        },
    }))
}
