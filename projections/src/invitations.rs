//! The invitations to join the staff of an establishment that nobody has followed yet.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{
    establishment::{EstablishmentEvent, PendingInvitation},
    event::Event,
    ids::{ClassId, InvitationId},
    values::{StaffRole, Uai},
};
use store::{Change, Conn, EventRecord, Projection, Rows, StoreError, fetch_all, fetch_optional};

use crate::{After, parse::parse};

/// Keeps the table `invitations`.
pub struct Invitations;

/// What a run of events makes of the invitations.
#[derive(Default)]
struct Fates<'e> {
    /// The establishments whose earlier invitations all ended.
    ended: BTreeSet<&'e Uai>,
    /// Each invitation that was named since: nothing left, or this.
    named: BTreeMap<InvitationId, Option<Pending<'e>>>,
}

#[derive(Clone, Copy)]
struct Pending<'e> {
    record: &'e EventRecord,
    invitation: PendingInvitation,
}

impl Projection for Invitations {
    fn name(&self) -> &'static str {
        "invitations"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["invitations"]
    }

    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut fates = Fates::default();
        for record in events {
            if let Event::Establishment(event) = &record.event {
                fates.fold(record, event);
            }
        }
        vec![fates.end(), fates.remove(), fates.put()]
    }
}

impl<'e> Fates<'e> {
    fn fold(&mut self, record: &'e EventRecord, event: &EstablishmentEvent) {
        match event {
            EstablishmentEvent::StaffInvited {
                invitation,
                role,
                class,
            } => {
                let pending = Pending {
                    record,
                    invitation: PendingInvitation {
                        role: *role,
                        class: *class,
                    },
                };
                self.named.insert(*invitation, Some(pending));
            }
            EstablishmentEvent::InvitationRevoked { invitation }
            | EstablishmentEvent::StaffJoined {
                invitation: Some(invitation),
                ..
            } => {
                self.named.insert(*invitation, None);
            }
            EstablishmentEvent::SchoolYearOpened { .. } => {
                self.ended.insert(&record.establishment);
                self.named.retain(|_, fate| {
                    fate.is_none_or(|it| it.record.establishment != record.establishment)
                });
            }
            _ => {}
        }
    }

    fn end(&self) -> Change {
        Change {
            table: "invitations",
            sql: "DELETE FROM {table} WHERE establishment IN (SELECT establishment FROM {rows})",
            rows: Rows::new().text("establishment", &self.ended),
        }
    }

    fn remove(&self) -> Change {
        let gone = self.named.iter().filter(|(_, fate)| fate.is_none());
        Change {
            table: "invitations",
            sql: "DELETE FROM {table} WHERE id IN (SELECT id FROM {rows})",
            rows: Rows::new().text("id", gone.map(|(id, _)| id)),
        }
    }

    fn put(&self) -> Change {
        let pending: Vec<_> = self
            .named
            .iter()
            .filter_map(|(id, fate)| fate.map(|it| (id, it.record, it.invitation)))
            .collect();
        Change {
            table: "invitations",
            sql: "INSERT INTO {table} (id, establishment, role, class_id, invited_at) \
                  SELECT id, establishment, role, class_id, invited_at FROM {rows} WHERE true \
                  ON CONFLICT (id) DO UPDATE SET establishment = excluded.establishment, \
                      role = excluded.role, class_id = excluded.class_id, \
                      invited_at = excluded.invited_at",
            rows: Rows::new()
                .text("id", pending.iter().map(|row| row.0))
                .text(
                    "establishment",
                    pending.iter().map(|row| &row.1.establishment),
                )
                .text("role", pending.iter().map(|row| row.2.role.as_str()))
                .optional_text("class_id", pending.iter().map(|row| row.2.class))
                .time("invited_at", pending.iter().map(|row| row.1.recorded_at)),
        }
    }
}

/// A pending invitation, as the head sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationItem {
    /// Which.
    pub id: InvitationId,
    /// To which establishment.
    pub establishment: Uai,
    /// The invited person's given name; none once erased.
    pub first_name: Option<String>,
    /// Their family name; none once erased.
    pub last_name: Option<String>,
    /// As what they are invited.
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said.
    pub class_id: Option<ClassId>,
    /// When they were invited.
    pub invited_at: DateTime<Utc>,
    /// What the list is ordered by.
    pub sort_key: String,
}

impl InvitationItem {
    /// Where the list goes on after this invitation.
    #[must_use]
    pub fn cursor(&self) -> After {
        After {
            sort_key: self.sort_key.clone(),
            id: self.id.to_string(),
        }
    }
}

/// Id, establishment, given name, family name, role, class, since when, sort key.
type Row = (
    String,
    String,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    DateTime<Utc>,
    String,
);

/// The columns of [`Row`].
macro_rules! select_invitations {
    ($condition:literal) => {
        concat!(
            "SELECT i.id, i.establishment, p.first_name, p.last_name, i.role, i.class_id, \
                    i.invited_at, COALESCE(p.sort_key, '') AS sort_key \
             FROM invitations i LEFT JOIN people p ON p.id = i.id WHERE ",
            $condition
        )
    };
}

/// The pending invitations of an establishment, by name.
///
/// # Errors
///
/// The database's.
pub async fn list(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<InvitationItem>, StoreError> {
    let after = after.cloned().unwrap_or_default();
    let rows = fetch_all!(
        conn,
        Row,
        select_invitations!(
            "i.establishment = $1 AND (COALESCE(p.sort_key, ''), i.id) > ($2, $3) \
             ORDER BY 8, 1 LIMIT $4"
        ),
        establishment.as_str(),
        after.sort_key,
        after.id,
        limit,
    )?;
    rows.into_iter().map(item).collect()
}

/// One pending invitation, whoever sent it.
///
/// # Errors
///
/// The database's.
pub async fn get(
    conn: &mut Conn<'_>,
    invitation: InvitationId,
) -> Result<Option<InvitationItem>, StoreError> {
    let row = fetch_optional!(
        conn,
        Row,
        select_invitations!("i.id = $1"),
        invitation.to_string()
    )?;
    row.map(item).transpose()
}

fn item(row: Row) -> Result<InvitationItem, StoreError> {
    let (id, establishment, first_name, last_name, role, class_id, invited_at, sort_key) = row;
    Ok(InvitationItem {
        id: parse("invitations", &id)?,
        establishment: parse("invitations", &establishment)?,
        first_name,
        last_name,
        role: parse("invitations", &role)?,
        class_id: class_id.map(|id| parse("invitations", &id)).transpose()?,
        invited_at,
        sort_key,
    })
}
