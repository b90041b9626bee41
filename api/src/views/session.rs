//! Sessions.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, header},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use web::session::SignedIn;

use super::AccountView;

/// What sets the cookie of a session.
pub(crate) type SessionCookie = [(HeaderName, HeaderValue); 1];

/// A session that was just opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSession {
    /// Send it as `Authorization: Bearer`; the cookie `monstage_session` holds the same.
    #[schema(example = "b8Qm0dYkzR4n6s2Tt1yXvF9uJ3wE5aHcLpOiGqZxKMU")]
    token: String,
    /// When the session ends at the latest; 30 minutes without a request end it too.
    expires_at: DateTime<Utc>,
    /// Whose session it is.
    account: AccountView,
}

impl NewSession {
    /// The answer to whoever just signed in.
    pub(crate) fn of(signed_in: SignedIn) -> (SessionCookie, Json<Self>) {
        let session = Self {
            token: signed_in.token.expose().to_owned(),
            expires_at: signed_in.expires_at,
            account: signed_in.account.into(),
        };
        ([(header::SET_COOKIE, signed_in.cookie)], Json(session))
    }
}
