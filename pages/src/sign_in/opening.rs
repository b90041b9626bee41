//! Opening a session with an address and a password.

use accounts::{
    account,
    password::Password,
    signing_in::{self, SignInError},
    throttling::Attempt,
};
use axum::http::HeaderValue;
use web::{
    AppState, ClientAddress,
    boundary::RequestId,
    cookie, fields,
    problem::{Code, FieldErrors, Problem},
};

use crate::frame::tab;

/// A session that was just opened.
pub(super) struct Opening {
    pub(super) cookie: HeaderValue,
    /// The path of their own room.
    pub(super) home: String,
}

/// Signs in, or says why not: the same for an address that nobody has and for a wrong password.
pub(super) async fn open(
    state: &AppState,
    client: ClientAddress,
    request: RequestId,
    email: &str,
    password: &Password,
) -> Result<Opening, Problem> {
    let mut errors = FieldErrors::default();
    let email = errors.take("email", fields::email(email));
    let given = if password.expose().is_empty() {
        Err(fields::required("Indiquez votre mot de passe."))
    } else {
        Ok(())
    };
    errors.take("password", given);
    let Some(email) = email else {
        return Err(errors.into());
    };
    errors.finish()?;
    let key = email.key();
    state.throttle.check(Attempt::SignIn, client, Some(&key))?;
    let password = password.expose();
    let opened = signing_in::sign_in(&state.commands, request.correlation(), &email, password);
    let opened = opened.await.map_err(refusal)?;
    state
        .throttle
        .succeeded(Attempt::SignIn, client, Some(&key));

    let account = account::get(&mut state.reader().await?.conn(), opened.account)
        .await?
        .ok_or_else(|| refusal(SignInError::Wrong))?;
    let cookie = cookie::set(opened.token.expose(), state.public_url.as_deref())
        .map_err(|error| Problem::failure(Code::Internal, &error))?;
    Ok(Opening {
        cookie,
        home: tab(account.role, account.class).path,
    })
}

fn refusal(error: SignInError) -> Problem {
    match error {
        SignInError::NotActivated => Problem::new(
            Code::AccountNotActivated,
            "Ce compte n'est pas encore activé : suivez le lien du courriel d'activation.",
        ),
        SignInError::Wrong => Problem::new(
            Code::CredentialsInvalid,
            "L'adresse électronique ou le mot de passe est incorrect : vérifiez-les, puis \
             réessayez.",
        ),
        SignInError::Password(error) => error.into(),
        SignInError::Store(error) => error.into(),
    }
}
