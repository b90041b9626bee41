//! A letter in the making, in the transaction in which everything it says is true.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{
    ids::{InvitationId, PersonId},
    values::{EmailAddress, LocalTime, StaffRole, Uai},
};
use store::{Conn, Nullable, StoreError, fetch_optional};
use url::Url;
use uuid::Uuid;

use crate::{
    message::Message,
    outbox,
    who_is_who::{Proof, WhoIsWho},
};

/// What letters are made from.
pub(crate) struct Draft<'a> {
    pub(crate) conn: Conn<'a>,
    pub(crate) people: &'a dyn WhoIsWho,
    pub(crate) proof: Proof<'a>,
    pub(crate) public_url: &'a Url,
    /// Those whose address or name was read so far.
    pub(crate) about: BTreeSet<Uuid>,
}

/// What letters say of an establishment.
#[derive(sqlx::FromRow)]
pub(crate) struct Establishment {
    /// How they name it.
    pub(crate) shown: String,
    #[sqlx(try_from = "Nullable<String>")]
    pub(crate) head: Option<PersonId>,
    #[sqlx(try_from = "Nullable<String>")]
    pub(crate) mailbox: Option<EmailAddress>,
    department: Option<String>,
    academy: Option<String>,
}

impl Establishment {
    /// An instant as people there read it.
    pub(crate) fn told(&self, instant: DateTime<Utc>) -> String {
        LocalTime::of(self.department.as_deref(), self.academy.as_deref()).told(instant)
    }
}

/// A pending invitation.
#[derive(sqlx::FromRow)]
pub(crate) struct Invitation {
    #[sqlx(try_from = "String")]
    pub(crate) establishment: Uai,
    #[sqlx(try_from = "String")]
    pub(crate) role: StaffRole,
    /// The name of the class meant for them, if any.
    pub(crate) class: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Joined {
    #[sqlx(try_from = "String")]
    pub(crate) role: StaffRole,
    #[sqlx(rename = "joined_at")]
    pub(crate) since: DateTime<Utc>,
}

impl Draft<'_> {
    /// Notes that the letter is to this person, or names them.
    pub(crate) fn about(&mut self, id: Uuid) {
        self.about.insert(id);
    }

    pub(crate) fn page(&self, page: &str) -> String {
        format!("{}/{page}", self.public_url.as_str().trim_end_matches('/'))
    }

    pub(crate) fn sign_in(&self) -> String {
        self.page("connexion")
    }

    /// Whether the same waits to be sent again, asked for since; `of` is the address or the subject.
    pub(crate) async fn newer_waits(
        &mut self,
        message: &Message,
        of: String,
    ) -> Result<bool, StoreError> {
        outbox::newer_waits(&mut self.conn, message.kind(), of, self.proof.message).await
    }

    pub(crate) async fn address_of(
        &mut self,
        person: PersonId,
    ) -> Result<Option<EmailAddress>, StoreError> {
        let address = self.people.address(&mut self.conn, person).await?;
        if address.is_some() {
            self.about(person.as_uuid());
        }
        Ok(address)
    }

    /// Given name and family name; none once erased.
    pub(crate) async fn name(&mut self, id: Uuid) -> Result<Option<String>, StoreError> {
        let name = self.people.name(&mut self.conn, id).await?;
        if name.is_some() {
            self.about(id);
        }
        Ok(name)
    }

    pub(crate) async fn establishment(&mut self, uai: &Uai) -> Result<Establishment, StoreError> {
        let listed = fetch_optional!(
            &mut self.conn,
            Establishment,
            "SELECT name || ', ' || city || ' (' || uai || ')' AS shown, head, mailbox, \
                    department, academy \
             FROM directory WHERE uai = $1",
            uai.as_str(),
        )?;
        Ok(listed.unwrap_or_else(|| Establishment {
            shown: uai.to_string(),
            head: None,
            mailbox: None,
            department: None,
            academy: None,
        }))
    }

    pub(crate) async fn invitation(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Option<Invitation>, StoreError> {
        fetch_optional!(
            &mut self.conn,
            Invitation,
            "SELECT i.establishment, i.role, c.name AS class \
             FROM invitations i LEFT JOIN classes c ON c.id = i.class_id WHERE i.id = $1",
            invitation.to_string(),
        )
    }

    /// How somebody is on the staff of an establishment; none when they are not.
    pub(crate) async fn joined(
        &mut self,
        establishment: &Uai,
        staff: PersonId,
    ) -> Result<Option<Joined>, StoreError> {
        fetch_optional!(
            &mut self.conn,
            Joined,
            "SELECT role, joined_at FROM staff WHERE staff_id = $1 AND establishment = $2",
            staff.to_string(),
            establishment.as_str(),
        )
    }
}
