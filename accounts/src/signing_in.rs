//! Signing in: an address that nobody has costs what a known one does, a query, two hashes and a row, so that
//! nobody learns which addresses are known.

use chrono::{DateTime, Utc};
use commands::Commands;
use domain::{
    ids::{CorrelationId, PersonId},
    values::EmailAddress,
};
use store::{Conn, StoreError, Write as _, fetch_all};

use crate::{
    Token,
    account::{self, Credentials},
    password::{self, PasswordError},
    session,
    sign_in::{Outcome, SignInAttempt},
    sign_up,
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

/// What a sign-in with some address is checked against.
#[derive(Default)]
pub struct Known {
    /// The account with this address.
    pub account: Option<Credentials>,
    /// The newest sign-up with it, for as long as a sign-up waits: of an address that has an account too,
    /// or whoever signed up would learn that it has one.
    pub sign_up: Option<Credentials>,
}

#[derive(sqlx::FromRow)]
struct CredentialsRow {
    #[sqlx(try_from = "String")]
    id: PersonId,
    password_hash: String,
    is_account: bool,
}

/// What a sign-in with this address is checked against.
pub async fn credentials(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<Known, StoreError> {
    let rows = fetch_all!(
        conn,
        CredentialsRow,
        "SELECT id, password_hash, TRUE AS is_account FROM accounts WHERE email_key = $1 \
         UNION ALL \
         SELECT id, password_hash, FALSE FROM ( \
             SELECT id, password_hash FROM sign_ups WHERE email_key = $1 AND created_at > $2 \
             ORDER BY id DESC LIMIT 1) AS newest",
        email.key(),
        now - sign_up::WAITS,
    )?;
    let mut known = Known::default();
    for row in rows {
        let credentials = Credentials {
            id: row.id,
            password_hash: row.password_hash,
        };
        if row.is_account {
            known.account = Some(credentials);
        } else {
            known.sign_up = Some(credentials);
        }
    }
    Ok(known)
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
    let conn = &mut reader.conn();
    let known = credentials(conn, email, now).await?;
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
