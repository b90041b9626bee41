//! The `accounts` table: who may sign in, and as whom.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    ids::{ClassId, PersonId},
    refusal::Refusal,
    values::{EmailAddress, Role, Uai},
};
use store::{Conn, Nullable, Rows, StoreError, Write, execute, fetch_optional};

use crate::row::{one_or_refused, parse};

/// An account to be written, in the transaction of what makes it known.
///
/// An address that has an account already fails with [`commands::Refusal::EmailTaken`]. The database is not
/// left to say so: PostgreSQL would write the address to its server's log.
pub struct NewAccount {
    /// The person's id: the same in events, in `people` and, for a pupil, as student.
    pub id: PersonId,
    /// Where mail goes, and what the holder signs in with.
    pub email: EmailAddress,
    /// What the holder is.
    pub role: Role,
    /// From [`hash`](crate::password::hash).
    pub password_hash: String,
    /// When the address was proven.
    pub created_at: DateTime<Utc>,
}

#[async_trait]
impl Write for NewAccount {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let written = execute!(
            conn,
            "INSERT INTO accounts (id, email, email_key, role, password_hash, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            self.id.to_string(),
            self.email.as_str(),
            self.email.key(),
            self.role.as_str(),
            &self.password_hash,
            self.created_at,
        )?;
        one_or_refused(written, Refusal::EmailTaken)
    }
}

/// Gives an account to somebody who comes back by an invitation: another role, another password. Fails
/// with [`Refusal::TokenInvalid`] when the account changed since they were found to be free to come.
pub struct Return<'a> {
    /// Whose.
    pub id: PersonId,
    /// What the holder is from now on.
    pub role: Role,
    /// From [`hash`](crate::password::hash).
    pub password_hash: &'a str,
    /// The hash it had then. Of two invitations followed at once, to two establishments, only one finds
    /// it so.
    pub previous_hash: &'a str,
}

#[async_trait]
impl Write for Return<'_> {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let returned = execute!(
            conn,
            "UPDATE accounts SET role = $2, password_hash = $3 \
             WHERE id = $1 AND password_hash = $4",
            self.id.to_string(),
            self.role.as_str(),
            self.password_hash,
            self.previous_hash,
        )?;
        one_or_refused(returned, Refusal::TokenInvalid)
    }
}

/// Gives an account another password.
pub struct NewPassword<'a> {
    /// Whose.
    pub id: PersonId,
    /// From [`hash`](crate::password::hash).
    pub password_hash: &'a str,
}

#[async_trait]
impl Write for NewPassword<'_> {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "UPDATE accounts SET password_hash = $2 WHERE id = $1",
            self.id.to_string(),
            self.password_hash,
        )?;
        Ok(())
    }
}

/// Whose password is whose. Without `Debug`: it must never be printed.
#[derive(sqlx::FromRow)]
pub struct Credentials {
    /// Whose account.
    #[sqlx(try_from = "String")]
    pub id: PersonId,
    /// In PHC string format.
    pub password_hash: String,
}

/// What a sign-in with this address is checked against, if it has an account.
pub async fn credentials(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
) -> Result<Option<Credentials>, StoreError> {
    fetch_optional!(
        conn,
        Credentials,
        "SELECT id, password_hash FROM accounts WHERE email_key = $1",
        email.key(),
    )
}

/// Whether an account still has this password. If so it keeps it until the transaction ends: what follows
/// from the password having been right is in time, or is undone by whoever changes it.
pub async fn hold(conn: &mut Conn<'_>, credentials: &Credentials) -> Result<bool, StoreError> {
    let held = execute!(
        conn,
        "UPDATE accounts SET email = email WHERE id = $1 AND password_hash = $2",
        credentials.id.to_string(),
        &credentials.password_hash,
    )?;
    Ok(held == 1)
}

/// An account as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Account {
    /// Whose.
    #[sqlx(try_from = "String")]
    pub id: PersonId,
    /// What the holder signs in with.
    pub email: String,
    /// What the holder is.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Given name; none when nobody wrote it down.
    pub first_name: Option<String>,
    /// Family name; none when nobody wrote it down.
    pub last_name: Option<String>,
    /// Where the holder works or studies; none for administrators, and for those who left.
    #[sqlx(try_from = "Nullable<String>")]
    pub establishment: Option<Uai>,
    /// The class of a pupil, or the one a member of staff chose as theirs ("Ma classe").
    #[sqlx(try_from = "Nullable<String>", rename = "class_id")]
    pub class: Option<ClassId>,
}

/// An account that somebody may come back to. Without `Debug`, as [`Credentials`].
#[derive(sqlx::FromRow)]
pub struct Known {
    /// As it is.
    #[sqlx(flatten)]
    pub account: Account,
    /// Read at the same moment: an account that changed since has another one.
    pub password_hash: String,
}

/// The columns of [`Account`], after others.
macro_rules! select_account {
    ($others:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $others,
            "a.id, a.email, COALESCE(s.role, a.role) AS role, p.first_name, p.last_name, \
                    COALESCE(s.establishment, r.establishment) AS establishment, \
                    COALESCE(r.class_id, m.class_id) AS class_id \
             FROM accounts a \
                  LEFT JOIN people p ON p.id = a.id \
                  LEFT JOIN staff s ON s.staff_id = a.id \
                  LEFT JOIN roster r ON r.student_id = a.id \
                  LEFT JOIN class_main_teachers m ON m.staff_id = a.id \
             WHERE ",
            $condition
        )
    };
}

/// The account of this person, if there is one.
pub async fn get(conn: &mut Conn<'_>, id: PersonId) -> Result<Option<Account>, StoreError> {
    fetch_optional!(
        conn,
        Account,
        select_account!("", "a.id = $1"),
        id.to_string()
    )
}

/// The account with this address, if there is one.
pub async fn find(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
) -> Result<Option<Account>, StoreError> {
    fetch_optional!(
        conn,
        Account,
        select_account!("", "a.email_key = $1"),
        email.key()
    )
}

/// The account with this address, if there is one, to come back to.
pub async fn known_at(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
) -> Result<Option<Known>, StoreError> {
    fetch_optional!(
        conn,
        Known,
        select_account!("a.password_hash, ", "a.email_key = $1"),
        email.key()
    )
}

/// Whose account an address has, and as it was written.
#[derive(sqlx::FromRow)]
pub(crate) struct Holder {
    #[sqlx(try_from = "String")]
    pub(crate) id: PersonId,
    #[sqlx(try_from = "String")]
    pub(crate) email: EmailAddress,
    #[sqlx(try_from = "String")]
    pub(crate) role: Role,
}

/// Whose account this address has, if anybody's.
pub(crate) async fn holder(
    conn: &mut Conn<'_>,
    email: &EmailAddress,
) -> Result<Option<Holder>, StoreError> {
    fetch_optional!(
        conn,
        Holder,
        "SELECT id, email, role FROM accounts WHERE email_key = $1",
        email.key(),
    )
}

/// The address of somebody's account.
pub(crate) async fn address(
    conn: &mut Conn<'_>,
    id: PersonId,
) -> Result<Option<EmailAddress>, StoreError> {
    let row = fetch_optional!(
        conn,
        (String,),
        "SELECT email FROM accounts WHERE id = $1",
        id.to_string(),
    )?;
    row.map(|(email,)| parse("accounts", &email)).transpose()
}

/// Keeps an account as it is until the transaction ends.
pub(crate) async fn touch(conn: &mut Conn<'_>, id: PersonId) -> Result<(), StoreError> {
    execute!(
        conn,
        "UPDATE accounts SET email = email WHERE id = $1",
        id.to_string(),
    )?;
    Ok(())
}

/// The addresses of these people's accounts and sign-ups, folded to compare.
pub async fn address_keys(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = PersonId>,
) -> Result<HashSet<String>, StoreError> {
    let rows: Vec<(String,)> = conn
        .read(
            "SELECT a.email_key FROM {rows} JOIN accounts a ON a.id = rows.id \
             UNION SELECT s.email_key FROM {rows} JOIN sign_ups s ON s.id = rows.id",
            Rows::new().text("id", ids),
        )
        .await?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Those among `ids` who have an account.
pub(crate) async fn among(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = impl ToString>,
) -> Result<HashSet<String>, StoreError> {
    let rows: Vec<(String,)> = conn
        .read(
            "SELECT a.id FROM {rows} JOIN accounts a ON a.id = rows.id",
            Rows::new().text("id", ids),
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Those among `ids` of whom personal data are there.
pub async fn known(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = PersonId>,
) -> Result<HashSet<PersonId>, StoreError> {
    let rows: Vec<(String,)> = conn
        .read(
            "SELECT rows.id FROM {rows} \
             WHERE EXISTS (SELECT 1 FROM people p WHERE p.id = rows.id) \
                OR EXISTS (SELECT 1 FROM accounts a WHERE a.id = rows.id) \
                OR EXISTS (SELECT 1 FROM sign_ups s WHERE s.id = rows.id)",
            Rows::new().text("id", ids),
        )
        .await?;
    rows.iter().map(|(id,)| parse("people", id)).collect()
}

/// Removes somebody's account, and its sessions with it.
pub struct Close(pub PersonId);

#[async_trait]
impl Write for Close {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "DELETE FROM accounts WHERE id = $1",
            self.0.to_string()
        )?;
        Ok(())
    }
}
