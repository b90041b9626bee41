//! The staff of an establishment.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::PersonId,
    values::{StaffRole, Uai},
};
use store::{Conn, EventRecord, Projection, Rows, StoreError, fetch_all};

use crate::{After, parse::parse};

/// Keeps the table `staff`.
pub struct Staff;

/// What a run of events makes of one member's row: nothing left, or this.
type Change<'e> = Option<(&'e EventRecord, StaffRole)>;

#[async_trait]
impl Projection for Staff {
    fn name(&self) -> &'static str {
        "staff"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["staff"]
    }

    async fn apply(&self, conn: &mut Conn<'_>, events: &[EventRecord]) -> Result<(), StoreError> {
        let mut changes: BTreeMap<PersonId, Change<'_>> = BTreeMap::new();
        for record in events {
            match &record.event {
                Event::Establishment(EstablishmentEvent::StaffJoined { staff, role, .. }) => {
                    changes.insert(*staff, Some((record, *role)));
                }
                Event::Establishment(EstablishmentEvent::HeadReplaced { head, previous }) => {
                    changes.insert(*previous, None);
                    changes.insert(*head, Some((record, StaffRole::Head)));
                }
                Event::Establishment(EstablishmentEvent::StaffLeft { staff }) => {
                    changes.insert(*staff, None);
                }
                _ => {}
            }
        }
        write(conn, &changes).await
    }
}

async fn write(
    conn: &mut Conn<'_>,
    changes: &BTreeMap<PersonId, Change<'_>>,
) -> Result<(), StoreError> {
    let gone = changes.iter().filter(|(_, change)| change.is_none());
    conn.write(
        "DELETE FROM staff WHERE staff_id IN (SELECT staff_id FROM {rows})",
        Rows::new().text("staff_id", gone.map(|(id, _)| id)),
    )
    .await?;
    let present: Vec<_> = changes
        .iter()
        .filter_map(|(id, change)| change.map(|(record, role)| (id, record, role)))
        .collect();
    let rows = Rows::new()
        .text("staff_id", present.iter().map(|row| row.0))
        .text(
            "establishment",
            present.iter().map(|row| &row.1.establishment),
        )
        .text("role", present.iter().map(|row| row.2.as_str()))
        .time("joined_at", present.iter().map(|row| row.1.recorded_at));
    conn.write(
        "INSERT INTO staff (staff_id, establishment, role, joined_at) \
         SELECT staff_id, establishment, role, joined_at FROM {rows} WHERE true \
         ON CONFLICT (staff_id) DO UPDATE SET establishment = excluded.establishment, \
             role = excluded.role, joined_at = excluded.joined_at",
        rows,
    )
    .await?;
    Ok(())
}

/// A member of staff as colleagues see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffItem {
    /// Who.
    pub id: PersonId,
    /// Given name; none once erased.
    pub first_name: Option<String>,
    /// Family name; none once erased.
    pub last_name: Option<String>,
    /// As what.
    pub role: StaffRole,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// What the list is ordered by.
    pub sort_key: String,
}

impl StaffItem {
    /// Where the list goes on after this member.
    #[must_use]
    pub fn cursor(&self) -> After {
        After {
            sort_key: self.sort_key.clone(),
            id: self.id.to_string(),
        }
    }
}

/// Id, given name, family name, role, since when, sort key.
type Row = (
    String,
    Option<String>,
    Option<String>,
    String,
    DateTime<Utc>,
    String,
);

/// The staff of an establishment, by name.
///
/// # Errors
///
/// The database's.
pub async fn list(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<StaffItem>, StoreError> {
    let after = after.cloned().unwrap_or_default();
    let rows = fetch_all!(
        conn,
        Row,
        "SELECT s.staff_id, p.first_name, p.last_name, s.role, s.joined_at, \
                COALESCE(p.sort_key, '') AS sort_key \
         FROM staff s LEFT JOIN people p ON p.id = s.staff_id \
         WHERE s.establishment = $1 AND (COALESCE(p.sort_key, ''), s.staff_id) > ($2, $3) \
         ORDER BY 6, 1 LIMIT $4",
        establishment.as_str(),
        after.sort_key,
        after.id,
        limit,
    )?;
    rows.into_iter().map(item).collect()
}

fn item(row: Row) -> Result<StaffItem, StoreError> {
    let (id, first_name, last_name, role, joined_at, sort_key) = row;
    Ok(StaffItem {
        id: parse("staff", &id)?,
        first_name,
        last_name,
        role: parse("staff", &role)?,
        joined_at,
        sort_key,
    })
}
