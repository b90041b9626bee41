//! Signing in and out: what opens a session, and the cookie that holds it.

use accounts::{
    Account, Token, account,
    password::Password,
    session::{self, NewSession},
    signing_in::{self, SignInError},
    throttling::Attempt,
};
use axum::http::HeaderValue;
use chrono::{DateTime, Utc};
use domain::ids::CorrelationId;

use crate::{
    AppState, ClientAddress,
    caller::Caller,
    cookie, fields,
    problem::{Code, FieldErrors, Problem, Wrong},
};

/// Somebody who just signed in.
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// What proves it from now on.
    pub token: Token,
    /// When the session ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// What `Set-Cookie` says to the browser: the token.
    pub cookie: HeaderValue,
}

/// Signs in with an address and a password, as they were typed.
///
/// # Errors
///
/// `validation`, `rate_limited`; `credentials_invalid`, the same for an address that nobody has and for a
/// wrong password.
pub async fn sign_in(
    state: &AppState,
    client: ClientAddress,
    correlation: CorrelationId,
    email: &str,
    password: &Password,
) -> Result<SignedIn, Problem> {
    let mut errors = FieldErrors::default();
    let email = errors.take("email", fields::email(email));
    errors.take("password", not_empty(password));
    let Some(email) = email else {
        return Err(errors.into());
    };
    errors.finish()?;
    let key = email.key();
    state.throttle.check(Attempt::SignIn, client, Some(&key))?;
    let opened = signing_in::sign_in(&state.commands, correlation, &email, password.expose());
    let session = opened.await.map_err(refusal)?;
    signed_in(state, client, session).await?.ok_or_else(wrong)
}

/// Signs the caller out: the token is worth nothing from then on. What `Set-Cookie` says to the browser.
///
/// # Errors
///
/// The database's.
pub async fn sign_out(state: &AppState, caller: &Caller) -> Result<HeaderValue, Problem> {
    session::close(state.commands.store(), &caller.session).await?;
    no_cookie(state)
}

/// What `Set-Cookie` says to a browser whose session is over.
///
/// # Errors
///
/// `internal`.
pub fn no_cookie(state: &AppState) -> Result<HeaderValue, Problem> {
    cookie::clear(state.public_url.as_deref())
        .map_err(|error| Problem::failure(Code::Internal, &error))
}

/// What is told to whom a session was opened for; none when their account went meanwhile.
pub(crate) async fn signed_in(
    state: &AppState,
    client: ClientAddress,
    session: NewSession,
) -> Result<Option<SignedIn>, Problem> {
    let account = account::get(&mut state.reader().await?.conn(), session.account).await?;
    let Some(account) = account else {
        return Ok(None);
    };
    is_owner(state, client, &account);
    let cookie = cookie::set(session.token.expose(), state.public_url.as_deref())
        .map_err(|error| Problem::failure(Code::Internal, &error))?;
    Ok(Some(SignedIn {
        account,
        token: session.token,
        expires_at: session.expires_at,
        cookie,
    }))
}

/// Whoever knows the password or holds the mailbox: guesses made elsewhere shall not keep them out.
pub(crate) fn is_owner(state: &AppState, client: ClientAddress, account: &Account) {
    let key = account.email.to_ascii_lowercase();
    state
        .throttle
        .succeeded(Attempt::SignIn, client, Some(&key));
}

fn refusal(error: SignInError) -> Problem {
    match error {
        SignInError::Wrong => wrong(),
        SignInError::Password(error) => error.into(),
        SignInError::Store(error) => error.into(),
    }
}

fn wrong() -> Problem {
    Problem::new(
        Code::CredentialsInvalid,
        "L'adresse électronique ou le mot de passe est incorrect : vérifiez-les, puis réessayez.",
    )
}

fn not_empty(password: &Password) -> Result<(), Wrong> {
    if password.expose().is_empty() {
        return Err(fields::required("Indiquez votre mot de passe."));
    }
    Ok(())
}
