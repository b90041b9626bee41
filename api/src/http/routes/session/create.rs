use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cookie;
use crate::{
    accounts::{
        self,
        password::{self, Password},
        sessions,
    },
    http::{
        AppState,
        documentation::{Invalid, Malformed},
        input::{self, JsonBody},
        problem::{Code, FieldErrors, Problem, ProblemBody, Wrong},
        views::AccountView,
    },
};

/// What somebody signs in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SignIn {
    /// The address of the account.
    #[serde(default)]
    #[schema(required = true, example = "e.dupre@ac-demo.test")]
    email: String,
    /// Its password.
    #[serde(default)]
    #[schema(required = true, value_type = String, format = Password, example = "demonstration-2026")]
    password: Password,
}

/// A session that was just opened.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct NewSession {
    /// Send it as `Authorization: Bearer`; the cookie `monstage_session` holds the same.
    #[schema(example = "b8Qm0dYkzR4n6s2Tt1yXvF9uJ3wE5aHcLpOiGqZxKMU")]
    token: String,
    /// When the session ends at the latest; 30 minutes without a request end it too.
    expires_at: DateTime<Utc>,
    /// Whose session it is.
    account: AccountView,
}

/// Signs in.
#[utoipa::path(
    post,
    path = "/session",
    tag = "session",
    security(()),
    request_body = SignIn,
    responses(
        (
            status = 201,
            description = "La session est ouverte ; son jeton est aussi posé en cookie",
            body = NewSession,
            headers(("set-cookie" = String, description = "monstage_session")),
        ),
        (status = 400, response = Malformed),
        (
            status = 401,
            description = "`credentials_invalid` : l'adresse ou le mot de passe est faux",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (
            status = 403,
            description = "`account_not_activated` : l'adresse n'a pas encore été confirmée",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn create_session(
    State(state): State<AppState>,
    body: JsonBody,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1], Json<NewSession>), Problem> {
    let sign_in: SignIn = body.read()?;
    let mut errors = FieldErrors::default();
    let email = errors.take("email", input::email(&sign_in.email));
    errors.take("password", not_empty(&sign_in.password));
    let Some(email) = email else {
        return Err(errors.into());
    };
    errors.finish()?;

    let mut reader = state.reader().await?;
    let known = accounts::credentials(&mut reader.conn(), &email).await?;
    // Hashing takes longer than any query: nobody waits for this connection meanwhile.
    drop(reader);
    let hash = known.as_ref().map(|known| known.password_hash.as_str());
    let right = password::verify(sign_in.password.expose(), hash).await?;
    let Some(known) = known.filter(|_| right) else {
        return Err(Problem::new(
            Code::CredentialsInvalid,
            "L'adresse électronique ou le mot de passe est incorrect : vérifiez-les, puis \
             réessayez.",
        ));
    };
    if !known.activated {
        return Err(Problem::new(
            Code::AccountNotActivated,
            "Ce compte n'est pas encore activé : suivez le lien du courriel d'activation.",
        ));
    }

    let (store, now) = (state.commands.store(), state.commands.clock().now());
    if let Err(error) = sessions::remove_expired(store, now).await {
        tracing::warn!(%error, "expired sessions were not removed");
    }
    let (token, expires_at) = sessions::open(store, known.id, now).await?;
    let account = accounts::get(&mut state.reader().await?.conn(), known.id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let cookie = cookie::set(token.expose(), state.public_url.as_deref())
        .map_err(|error| Problem::failure(Code::Internal, &error))?;
    let session = NewSession {
        token: token.expose().to_owned(),
        expires_at,
        account: account.into(),
    };
    Ok((
        StatusCode::CREATED,
        [(header::SET_COOKIE, cookie)],
        Json(session),
    ))
}

fn not_empty(password: &Password) -> Result<(), Wrong> {
    if password.expose().is_empty() {
        return Err(("required", "Indiquez votre mot de passe.".into()));
    }
    Ok(())
}
