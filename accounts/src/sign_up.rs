//! Sign-ups: what waits for a proof of its address. Nobody takes a seat by signing up.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ids::{ClassId, PersonId},
    values::{EmailAddress, Role, Uai},
};
use store::{Conn, Nullable, Rows, StoreError, Write, execute, fetch_all, fetch_optional};
use uuid::Uuid;

use crate::{account, person, row::parse, token};

/// How long a sign-up waits for a proof of its address.
pub const WAITS: TimeDelta = TimeDelta::days(30);

/// A sign-up. Who it is stands in `people`, under the same id.
///
/// Written whether or not the address is known, so that nobody learns from it whether it is: what
/// comes of it is decided where the message is made.
#[derive(sqlx::FromRow)]
pub struct SignUp {
    /// The id of the account that comes of it.
    #[sqlx(try_from = "String")]
    pub id: PersonId,
    /// The address to prove.
    #[sqlx(try_from = "String")]
    pub email: EmailAddress,
    /// As what.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Where.
    #[sqlx(try_from = "String")]
    pub establishment: Uai,
    /// A pupil's class, if they said.
    #[sqlx(try_from = "Nullable<String>", rename = "class_id")]
    pub class: Option<ClassId>,
    /// When.
    pub created_at: DateTime<Utc>,
}

#[async_trait]
impl Write for SignUp {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        execute!(
            conn,
            "INSERT INTO sign_ups (id, email, email_key, role, establishment, class_id, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            self.id.to_string(),
            self.email.as_str(),
            self.email.key(),
            self.role.as_str(),
            self.establishment.as_str(),
            self.class.map(|class| class.to_string()),
            self.created_at,
        )?;
        Ok(())
    }
}

/// A sign-up, unless it became an account, another one with its address did, or it is too old.
pub async fn get(conn: &mut Conn<'_>, id: PersonId) -> Result<Option<SignUp>, StoreError> {
    fetch_optional!(
        conn,
        SignUp,
        "SELECT id, email, role, establishment, class_id, created_at \
         FROM sign_ups WHERE id = $1",
        id.to_string(),
    )
}

/// A sign-up that waits for its proof, kept as it is until the transaction ends.
pub(crate) async fn hold(conn: &mut Conn<'_>, id: PersonId) -> Result<Option<SignUp>, StoreError> {
    execute!(
        conn,
        "UPDATE sign_ups SET email = email WHERE id = $1",
        id.to_string(),
    )?;
    get(conn, id).await
}

/// The newest sign-up with this address.
pub(crate) async fn newest(
    conn: &mut Conn<'_>,
    email_key: &str,
) -> Result<Option<PersonId>, StoreError> {
    let row = fetch_optional!(
        conn,
        (String,),
        "SELECT id FROM sign_ups WHERE email_key = $1 ORDER BY id DESC LIMIT 1",
        email_key,
    )?;
    row.map(|(id,)| parse("sign_ups", &id)).transpose()
}

/// Removes sign-ups of which nothing comes any more, with their names and links. An account has the id, and
/// the name, of the sign-up that it came of.
///
/// The sign-ups first: whoever makes a link for one has written to it before, or finds none.
pub(crate) async fn discard<I: ToString>(
    conn: &mut Conn<'_>,
    ids: Vec<I>,
) -> Result<(), StoreError> {
    let ids: Vec<String> = ids.iter().map(I::to_string).collect();
    let rows = Rows::new().text("id", &ids);
    let sql = "DELETE FROM sign_ups WHERE id IN (SELECT id FROM {rows})";
    conn.write(sql, rows).await?;
    let accounts = account::among(conn, &ids).await?;
    person::forget(conn, ids.iter().filter(|id| !accounts.contains(*id))).await?;
    token::withdraw_all(conn, &ids).await
}

/// Removes the sign-ups that nobody proved the address of before this instant, unless a link to do so was
/// asked for lately and still works.
pub(crate) async fn remove_unproven(
    conn: &mut Conn<'_>,
    before: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT id FROM sign_ups \
         WHERE created_at <= $1 AND id NOT IN (SELECT subject FROM tokens)",
        before,
    )?;
    discard(conn, rows.into_iter().map(|(id,)| id).collect()).await
}

/// Removes every sign-up with this address, with its personal data and its links: once the address has an
/// account, nothing comes of them.
pub(crate) struct Discard<'a>(pub(crate) &'a EmailAddress);

#[async_trait]
impl Write for Discard<'_> {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        remove_all(conn, &self.0.key()).await
    }
}

/// Removes every sign-up with this address, folded to compare, with its personal data and its links.
pub(crate) async fn remove_all(conn: &mut Conn<'_>, email_key: &str) -> Result<(), StoreError> {
    let ids = ids_at(conn, email_key).await?;
    discard(conn, ids).await
}

/// The sign-ups with this address.
pub(crate) async fn ids_at(conn: &mut Conn<'_>, email_key: &str) -> Result<Vec<Uuid>, StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT id FROM sign_ups WHERE email_key = $1",
        email_key,
    )?;
    rows.iter().map(|(id,)| parse("sign_ups", id)).collect()
}
