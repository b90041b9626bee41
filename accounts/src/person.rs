//! The one table that holds who people are: names and birth dates.
//!
//! Events carry ids only. Erasing a person deletes the row here, and the history stays.

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{ids::PersonId, values::PersonName};
use store::{Conn, Rows, StoreError, Write, fetch_optional};
use uuid::Uuid;

/// A person to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Shared by the person's account and, for a pupil, the student stream.
    pub id: PersonId,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Pupils only.
    pub birth_date: Option<NaiveDate>,
}

/// Writes people down, in the transaction of the action that makes them known; anew, when they are.
pub struct NewPeople(pub Vec<Person>);

#[async_trait]
impl Write for NewPeople {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let people = &self.0;
        let rows = Rows::new()
            .text("id", people.iter().map(|person| person.id))
            .text("first_name", people.iter().map(|person| &person.first_name))
            .text("last_name", people.iter().map(|person| &person.last_name))
            .optional_text("birth_date", people.iter().map(|person| person.birth_date));
        conn.write(
            "INSERT INTO people (id, first_name, last_name, birth_date) \
             SELECT id, first_name, last_name, birth_date FROM {rows} WHERE true \
             ON CONFLICT (id) DO UPDATE SET first_name = excluded.first_name, \
                 last_name = excluded.last_name, birth_date = excluded.birth_date",
            rows,
        )
        .await?;
        Ok(())
    }
}

/// Removes somebody's name and birth date for good.
pub struct Forget(pub PersonId);

#[async_trait]
impl Write for Forget {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        forget(conn, [self.0.as_uuid()]).await
    }
}

/// Removes the names of people, sign-ups and invitees for good.
pub(crate) async fn forget(
    conn: &mut Conn<'_>,
    ids: impl IntoIterator<Item = impl ToString>,
) -> Result<(), StoreError> {
    let ids = Rows::new().text("id", ids);
    let sql = "DELETE FROM people WHERE id IN (SELECT id FROM {rows})";
    conn.write(sql, ids).await?;
    Ok(())
}

/// Somebody's given name and family name; none once erased.
pub async fn name(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<(String, String)>, StoreError> {
    fetch_optional!(
        conn,
        (String, String),
        "SELECT first_name, last_name FROM people WHERE id = $1",
        id.to_string(),
    )
}

/// Somebody's birth date, in ISO 8601; none when nobody wrote it down, and once erased.
pub async fn birth_date(conn: &mut Conn<'_>, id: PersonId) -> Result<Option<String>, StoreError> {
    let person = fetch_optional!(
        conn,
        (Option<String>,),
        "SELECT birth_date FROM people WHERE id = $1",
        id.to_string(),
    )?;
    Ok(person.and_then(|(birth_date,)| birth_date))
}
