//! Activating an account: whoever proves the address of a sign-up chooses its password.

use accounts::{
    asking, joining, password, password::Password, sign_up::SignUp, throttling::Attempt,
};
use domain::{ids::PersonId, values::Role};
use projections::directory;

use crate::{
    AppState, ClientAddress, fields,
    once::Repeatable,
    problem::{Code, Problem, token_invalid},
    session::{self, SignedIn},
    turn::check_turn,
};

const NOT_YET_AGAIN: &str = "Depuis votre inscription, ce collège n'accueille pas, ou plus, d'élèves : une nouvelle année scolaire \
    a commencé, ou ses classes et ses professeurs principaux ne sont pas encore là. Votre inscription est gardée : \
    demandez à votre professeur quand revenir par ce lien et, s'il a expiré d'ici là, demandez-en un nouveau.";

/// Activates the sign-up that a link leads to, with this password, and signs in.
///
/// # Errors
///
/// `token_invalid`; `validation`, whose turn it is, or the rule that refuses the seat: the link then stays good.
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
    check_pupils_turn(state, &proven.sign_up).await?;
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

/// The pupils' turn may be over since they signed up: a new school year began, the last class is gone. A sign-up
/// waits then, as it does where nobody may come at all, and is forgotten in time if nobody comes back to it.
async fn check_pupils_turn(state: &AppState, sign_up: &SignUp) -> Result<(), Problem> {
    if sign_up.role != Role::Student {
        return Ok(());
    }
    let mut reader = state.reader().await?;
    let entry = directory::get(&mut reader.conn(), &sign_up.establishment).await?;
    let entry = entry.ok_or_else(fields::unknown_establishment)?;
    check_turn(&entry, Role::Student, state.sign_up.order).map_err(|problem| match problem.code() {
        Code::StudentsNotAdmittedYet => Problem::new(Code::StudentsNotAdmittedYet, NOT_YET_AGAIN),
        _ => problem,
    })
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
