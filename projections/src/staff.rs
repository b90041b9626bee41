//! The staff of an establishment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::PersonId,
    values::{StaffRole, Uai},
};
use store::{
    Change, Check, Conn, EventRecord, Projection, Rows, StoreError, fetch_all, fetch_optional,
};

use crate::{After, parse::parse};

/// Keeps the table `staff`.
pub struct Staff;

/// What a run of events makes of the rows.
#[derive(Default)]
struct Fates<'e> {
    /// Who left which establishment.
    gone: BTreeSet<(PersonId, &'e Uai)>,
    /// Who is there.
    present: BTreeMap<PersonId, (&'e EventRecord, StaffRole)>,
}

impl Projection for Staff {
    fn name(&self) -> &'static str {
        "staff"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["staff"]
    }

    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut fates = Fates::default();
        for record in events {
            match &record.event {
                Event::Establishment(EstablishmentEvent::StaffJoined { staff, role, .. }) => {
                    fates.present.insert(*staff, (record, *role));
                }
                Event::Establishment(EstablishmentEvent::HeadReplaced { head, previous }) => {
                    fates.leaves(*previous, record);
                    fates.present.insert(*head, (record, StaffRole::Head));
                }
                Event::Establishment(EstablishmentEvent::StaffLeft { staff }) => {
                    fates.leaves(*staff, record);
                }
                _ => {}
            }
        }
        vec![remove(&fates.gone), put(&fates.present)]
    }

    /// Finds those who are erased and on any staff: one who comes back at that very moment writes to
    /// another stream, and to the account that is removed with the erasure, before this is asked.
    fn checks(&self, events: &[EventRecord]) -> Vec<Check> {
        let erased = events.iter().filter_map(|record| match &record.event {
            Event::Establishment(EstablishmentEvent::StaffErased { staff }) => Some(staff),
            _ => None,
        });
        vec![Check {
            sql: "SELECT 1 FROM {rows} JOIN staff s ON s.staff_id = rows.staff_id",
            rows: Rows::new().text("staff_id", erased),
        }]
    }
}

impl<'e> Fates<'e> {
    /// The one establishment only: somebody who joins another at the same moment may be told to have
    /// done so before.
    fn leaves(&mut self, staff: PersonId, record: &'e EventRecord) {
        let present = self.present.get(&staff);
        if present.is_some_and(|(there, _)| there.establishment == record.establishment) {
            self.present.remove(&staff);
        }
        self.gone.insert((staff, &record.establishment));
    }
}

fn remove(gone: &BTreeSet<(PersonId, &Uai)>) -> Change {
    Change {
        table: "staff",
        sql: "DELETE FROM {table} WHERE (staff_id, establishment) IN \
                  (SELECT staff_id, establishment FROM {rows})",
        rows: Rows::new()
            .text("staff_id", gone.iter().map(|(id, _)| id))
            .text("establishment", gone.iter().map(|(_, uai)| uai)),
    }
}

fn put(present: &BTreeMap<PersonId, (&EventRecord, StaffRole)>) -> Change {
    let present: Vec<_> = present
        .iter()
        .map(|(id, (record, role))| (id, record, role))
        .collect();
    let establishments = present.iter().map(|row| &row.1.establishment);
    Change {
        table: "staff",
        sql: "INSERT INTO {table} (staff_id, establishment, role, joined_at) \
              SELECT staff_id, establishment, role, joined_at FROM {rows} WHERE true \
              ON CONFLICT (staff_id) DO UPDATE SET establishment = excluded.establishment, \
                  role = excluded.role, joined_at = excluded.joined_at",
        rows: Rows::new()
            .text("staff_id", present.iter().map(|row| row.0))
            .text("establishment", establishments)
            .text("role", present.iter().map(|row| row.2.as_str()))
            .time("joined_at", present.iter().map(|row| row.1.recorded_at)),
    }
}

/// The establishment whose staff somebody is on.
///
/// # Errors
///
/// The database's.
pub async fn place_of(conn: &mut Conn<'_>, person: PersonId) -> Result<Option<Uai>, StoreError> {
    let row = fetch_optional!(
        conn,
        (String,),
        "SELECT establishment FROM staff WHERE staff_id = $1",
        person.to_string(),
    )?;
    row.map(|(uai,)| parse("staff", &uai)).transpose()
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
