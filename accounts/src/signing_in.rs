//! Signing in: an address that nobody has costs what a known one does, a query, a hash and a row, so that
//! nobody learns which addresses are known.

use commands::Commands;
use domain::{ids::CorrelationId, values::EmailAddress};
use store::{StoreError, Write as _};

use crate::{
    account::{self, Credentials},
    password::{self, PasswordError},
    session::NewSession,
    sign_in::{Outcome, SignInAttempt},
};

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Nobody has this address, or the password is another one: which of the two is not said.
    #[error("the address or the password is wrong")]
    Wrong,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks an address and a password, writes the attempt down, and opens a session if they are right.
pub async fn sign_in(
    commands: &Commands,
    correlation: CorrelationId,
    email: &EmailAddress,
    password: &str,
) -> Result<NewSession, SignInError> {
    let mut reader = commands.store().reader().await?;
    let known = account::credentials(&mut reader.conn(), email).await?;
    // Hashing takes longer than any query: nobody waits for this connection meanwhile.
    drop(reader);
    let hash = known.as_ref().map(|known| known.password_hash.as_str());
    let right = password::verify(password, hash).await?;
    record(commands, known.as_ref(), right, correlation).await
}

/// Writes the attempt down, with the session when it succeeded: neither is there without the other. While
/// the password was checked it may have been changed, or the account may have gone: it opens nothing then.
async fn record(
    commands: &Commands,
    known: Option<&Credentials>,
    right: bool,
    correlation: CorrelationId,
) -> Result<NewSession, SignInError> {
    let clock = commands.clock();
    let mut tx = commands.store().begin().await?;
    let conn = &mut tx.conn();
    let mut opened = None;
    let outcome = match known {
        None => Outcome::UnknownAddress,
        Some(known) if right && account::hold(conn, known).await? => {
            let session = NewSession::new(known.id, clock);
            session.write(conn).await?;
            opened = Some(session);
            Outcome::Succeeded
        }
        Some(_) => Outcome::WrongPassword,
    };
    let account = known.map(|known| known.id);
    let attempt = SignInAttempt::new(clock, account, outcome, correlation);
    attempt.write(conn).await?;
    tx.commit().await?;
    opened.ok_or(SignInError::Wrong)
}
