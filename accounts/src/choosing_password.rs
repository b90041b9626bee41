//! Choosing another password, by a link that went to the address of the account.

use commands::{CommandError, Commands, Once};
use domain::ids::PersonId;
use store::{StoreError, Write};

use crate::{
    TokenHash,
    account::{self, Account, NewPassword},
    session::EndAll,
    token::{self, Purpose, Spend},
};

/// Whose password this token allows to change; none when it is worth nothing.
pub async fn allowed(
    commands: &Commands,
    token: &TokenHash,
) -> Result<Option<Account>, StoreError> {
    let now = commands.clock().now();
    let mut reader = commands.store().reader().await?;
    let conn = &mut reader.conn();
    match token::subject(conn, Purpose::PasswordReset, token, now).await? {
        Some(subject) => account::get(conn, PersonId::new(subject)).await,
        None => Ok(None),
    }
}

/// Sets the password of an account, uses the token up and ends every session.
///
/// # Errors
///
/// [`TokenInvalid`](domain::refusal::Refusal::TokenInvalid) when the token was used up meanwhile.
pub async fn choose(
    commands: &Commands,
    once: Option<Once>,
    account: PersonId,
    token: TokenHash,
    password_hash: &str,
) -> Result<(), CommandError> {
    let change = NewPassword {
        id: account,
        password_hash,
    };
    let spend = Spend {
        purpose: Purpose::PasswordReset,
        subject: account.as_uuid(),
        token,
    };
    // The account first: whoever opens a session with the old password, or makes another link, has written
    // to it before, or waits until this is done.
    let writes: [&dyn Write; 3] = [&change, &spend, &EndAll(account)];
    commands.write(once, &writes).await
}
