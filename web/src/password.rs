//! "Mot de passe oublié": asking for a link, and choosing another password by it.

use accounts::{asking, choosing_password, password, password::Password, throttling::Attempt};

use crate::{
    AppState, ClientAddress, fields,
    once::Repeatable,
    problem::{Problem, token_invalid},
    session,
};

/// Has a link sent to choose another password, if this address has an account.
///
/// # Errors
///
/// `validation`, `rate_limited`.
pub async fn ask(
    state: &AppState,
    client: ClientAddress,
    request: Repeatable,
    email: &str,
) -> Result<(), Problem> {
    let email = fields::required_email(email)?;
    let key = email.key();
    state.throttle.check(Attempt::Reset, client, Some(&key))?;
    Ok(asking::for_password(&state.commands, request.once, email).await?)
}

/// Sets another password, by such a link. Every session of the account ends.
///
/// # Errors
///
/// `token_invalid`; `validation`: the link then stays good.
pub async fn choose(
    state: &AppState,
    client: ClientAddress,
    request: Repeatable,
    token: &str,
    password: &Password,
) -> Result<(), Problem> {
    state.throttle.check(Attempt::Password, client, None)?;
    if state.commands.done::<()>(request.once).await?.is_some() {
        return Ok(());
    }
    let token = fields::token_with_password(token, password)?;
    let account = choosing_password::allowed(&state.commands, &token).await?;
    let account = account.ok_or_else(token_invalid)?;
    let names = [&account.first_name, &account.last_name];
    fields::check_password(password, &account.email, names.into_iter().flatten())?;
    let hash = password::hash(password.expose(), state.commands.clock()).await?;
    choosing_password::choose(&state.commands, request.once, account.id, token, &hash).await?;
    session::is_owner(state, client, &account);
    Ok(())
}
