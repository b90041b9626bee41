use accounts::password::Password;
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    AppState, ClientAddress, once::Repeatable, problem::Problem, sign_up_form::SignUpForm,
    signing_up,
};

use super::{Accepted, accepted};
use crate::{
    documentation::{Malformed, RateLimited, TokenInvalid},
    input::JsonBody,
    problem::ProblemBody,
};

/// A sign-up. With an invitation, what it says may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SignUpRequest {
    /// `head`, `main_teacher`, `teacher`, `counsellor` or `student`.
    #[serde(default)]
    #[schema(required = true, example = "head")]
    role: String,
    /// The address to sign in with; the activation goes there.
    #[serde(default)]
    #[schema(required = true, example = "e.dupre@ac-demo.test")]
    email: String,
    /// Given name.
    #[serde(default)]
    #[schema(required = true, example = "Éléonore")]
    first_name: String,
    /// Family name.
    #[serde(default)]
    #[schema(required = true, example = "Dupré")]
    last_name: String,
    /// The establishment.
    #[serde(default)]
    #[schema(required = true, example = "9990021U")]
    uai: String,
    /// Students only: their birth date.
    #[schema(format = Date, example = "2012-05-17")]
    birth_date: Option<String>,
    /// Students only: their class, if they know it.
    #[schema(format = Uuid)]
    class_id: Option<String>,
    /// Invited staff: what follows `?invitation=` in the link.
    invitation: Option<String>,
    /// Invited staff only: others choose theirs when they activate the account. From 12 to 128
    /// characters, any; not a common one, nor made of one's name or address.
    #[schema(value_type = Option<String>, format = Password, min_length = 12, max_length = 128)]
    password: Option<Password>,
}

impl From<SignUpRequest> for SignUpForm {
    fn from(asked: SignUpRequest) -> Self {
        Self {
            role: asked.role,
            email: asked.email,
            first_name: asked.first_name,
            last_name: asked.last_name,
            uai: asked.uai,
            birth_date: asked.birth_date.unwrap_or_default(),
            class_id: asked.class_id.unwrap_or_default(),
            invitation: asked.invitation.unwrap_or_default(),
            password: asked.password.unwrap_or_default(),
        }
    }
}

/// Signs up. The account is there once its address is proven: by the link that is sent to it, or at
/// once by an invitation.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "accounts",
    security(()),
    request_body = SignUpRequest,
    responses(
        (status = 202, description = "Received, whether or not the address is known", body = Accepted),
        (status = 400, response = Malformed),
        (
            status = 409,
            description = "`establishment_not_eligible`, `establishment_not_registered`, \
                           `head_already_registered` or `students_not_admitted_yet`: it is not \
                           this role's turn; `conflict`: the invited address has an account in an \
                           establishment already",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 410, response = TokenInvalid),
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
pub(in super::super) async fn sign_up(
    State(state): State<AppState>,
    request: Repeatable,
    client: ClientAddress,
    body: JsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let asked: SignUpRequest = body.read()?;
    signing_up::sign_up(&state, client, request, &asked.into()).await?;
    Ok(accepted(
        "Votre inscription est enregistrée. Vous allez recevoir un courriel : suivez son lien pour \
         choisir votre mot de passe et activer votre compte. S'il n'arrive pas, regardez dans les \
         messages indésirables. Si vous suiviez une invitation, votre compte est déjà actif : \
         connectez-vous.",
    ))
}
