//! Activating an account: whoever proves the address of a sign-up chooses its password.

use accounts::{asking, joining, password, password::Password, throttling::Attempt};
use domain::ids::PersonId;

use crate::{
    AppState, ClientAddress, fields,
    once::Repeatable,
    problem::{Problem, token_invalid},
    session::{self, SignedIn},
};

/// Activates the sign-up that a link leads to, with this password, and signs in.
///
/// # Errors
///
/// `token_invalid`; `validation`, or the rule that refuses the seat: the link then stays good.
pub async fn activate(
    state: &AppState,
    client: ClientAddress,
    request: Repeatable,
    token: &str,
    password: &Password,
) -> Result<SignedIn, Problem> {
    state.throttle.check(Attempt::Activation, client, None)?;
    let again = state.commands.done::<PersonId>(request.once).await?;
    if let Some(account) = again {
        let session = joining::sign_in(&state.commands, request.correlation, account).await?;
        let signed_in = session::signed_in(state, client, session).await?;
        return signed_in.ok_or_else(token_invalid);
    }
    let token = fields::token_with_password(token, password)?;
    let proven = joining::proven(&state.commands, token).await?;
    let proven = proven.ok_or_else(token_invalid)?;
    let email = proven.sign_up.email.as_str();
    let names = proven.name.iter().flat_map(|(first, last)| [first, last]);
    fields::check_password(password, email, names)?;
    let hash = password::hash(password.expose(), state.commands.clock()).await?;
    let session = joining::activate(
        &state.commands,
        request.correlation,
        request.once,
        proven,
        hash,
    )
    .await?;
    let signed_in = session::signed_in(state, client, session).await?;
    signed_in.ok_or_else(token_invalid)
}

/// "Vous n'avez pas reçu le message d'activation": has it sent once more, if a sign-up waits at this address.
///
/// # Errors
///
/// `validation`, `rate_limited`.
pub async fn send_again(
    state: &AppState,
    client: ClientAddress,
    request: Repeatable,
    email: &str,
) -> Result<(), Problem> {
    let email = fields::required_email(email)?;
    let key = email.key();
    state.throttle.check(Attempt::Resend, client, Some(&key))?;
    Ok(asking::to_activate(&state.commands, request.once, email).await?)
}
