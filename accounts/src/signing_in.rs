//! Signing in: an address that nobody has costs what a known one does, a query, two hashes and a row, so that
//! nobody learns which addresses are known.

use chrono::{DateTime, Utc};
use commands::Commands;
use domain::{
    ids::{CorrelationId, PersonId},
    values::EmailAddress,
};
use store::{StoreError, Write as _};

use crate::{
    Token,
    account::{self, Credentials, Known},
    password::{self, PasswordError},
    session,
    sign_in::{Outcome, SignInAttempt},
};

/// A session that was just opened.
pub struct Opened {
    pub account: PersonId,
    pub token: Token,
    /// The instant after which the token is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The password is right, and the address not proven yet.
    #[error("the account is not activated")]
    NotActivated,
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
) -> Result<Opened, SignInError> {
    let now = commands.clock().now();
    let mut reader = commands.store().reader().await?;
    let known = account::credentials(&mut reader.conn(), email, now).await?;
    // Hashing takes longer than any query: nobody waits for this connection meanwhile.
    drop(reader);
    let outcome = check(password, &known).await?;
    record(commands, &known, outcome, correlation).await
}

/// Checks a password against the account and, unless it is the account's, against the sign-up: whoever
/// signed up with an address is answered alike, whether it has an account or not. Of the two, what is
/// missing costs what it would cost.
async fn check(password: &str, known: &Known) -> Result<Outcome, PasswordError> {
    let (account, sign_up) = (known.account.as_ref(), known.sign_up.as_ref());
    if password::verify(password, hash(account)).await? {
        return Ok(Outcome::Succeeded);
    }
    if password::verify(password, hash(sign_up)).await? {
        return Ok(Outcome::NotActivated);
    }
    Ok(match account.or(sign_up) {
        Some(_) => Outcome::WrongPassword,
        None => Outcome::UnknownAddress,
    })
}

fn hash(of: Option<&Credentials>) -> Option<&str> {
    of.map(|credentials| credentials.password_hash.as_str())
}

/// Writes the attempt down, with the session when it succeeded: neither is there without the other. While
/// the password was checked it may have been changed, or the account may have gone: it opens nothing then.
async fn record(
    commands: &Commands,
    known: &Known,
    mut outcome: Outcome,
    correlation: CorrelationId,
) -> Result<Opened, SignInError> {
    let (clock, account) = (commands.clock(), known.account.as_ref());
    let (id, at) = (clock.new_uuid(), clock.now());
    let mut tx = commands.store().begin().await?;
    let conn = &mut tx.conn();
    let mut opened = None;
    if let (Outcome::Succeeded, Some(account)) = (outcome, account) {
        if account::hold(conn, account).await? {
            let (token, expires_at) = session::open(conn, account.id, clock).await?;
            opened = Some(Opened {
                account: account.id,
                token,
                expires_at,
            });
        } else {
            outcome = Outcome::WrongPassword;
        }
    }
    let attempt = SignInAttempt {
        id,
        account: account.or(known.sign_up.as_ref()).map(|known| known.id),
        outcome,
        correlation,
        at,
    };
    attempt.write(conn).await?;
    tx.commit().await?;
    opened.ok_or(match outcome {
        Outcome::NotActivated => SignInError::NotActivated,
        _ => SignInError::Wrong,
    })
}
