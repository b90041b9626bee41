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

use crate::{
    Place,
    after::{After, listed, page},
    order,
};

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
    let rows = Rows::new()
        .text("staff_id", gone.iter().map(|(id, _)| id))
        .text("establishment", gone.iter().map(|(_, uai)| uai));
    Change::remove("staff", rows)
}

fn put(present: &BTreeMap<PersonId, (&EventRecord, StaffRole)>) -> Change {
    let records = || present.values().map(|(record, _)| record);
    let rows = Rows::new()
        .text("staff_id", present.keys())
        .text("establishment", records().map(|it| &it.establishment))
        .text("role", present.values().map(|(_, role)| role.as_str()))
        .time("joined_at", records().map(|it| it.recorded_at));
    Change::put("staff", rows)
}

/// The establishment whose staff somebody is on.
pub async fn place_of(conn: &mut Conn<'_>, person: PersonId) -> Result<Option<Uai>, StoreError> {
    let place = fetch_optional!(
        conn,
        Place,
        "SELECT establishment FROM staff WHERE staff_id = $1",
        person.to_string(),
    )?;
    Ok(place.map(|place| place.establishment))
}

/// A member of staff as colleagues see them, by name; without one once erased.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StaffItem {
    #[sqlx(try_from = "String")]
    pub id: PersonId,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[sqlx(try_from = "String")]
    pub role: StaffRole,
    pub joined_at: DateTime<Utc>,
}

listed!(StaffItem, self => order::person(self.first_name.as_ref(), self.last_name.as_ref()));

/// The staff of an establishment, by name.
pub async fn list(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<StaffItem>, StoreError> {
    let staff = fetch_all!(
        conn,
        StaffItem,
        "SELECT s.staff_id AS id, p.first_name, p.last_name, s.role, s.joined_at \
         FROM staff s LEFT JOIN people p ON p.id = s.staff_id WHERE s.establishment = $1",
        establishment.as_str(),
    )?;
    Ok(page(staff, StaffItem::cursor, after, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Log, OTHER_UAI, UAI, expect_however_cut, person};

    /// Somebody leaves one staff at the moment that they join another, and the log tells the second first. They
    /// are where they went; and whoever leaves one after the other is on neither.
    #[tokio::test]
    async fn staff_is_where_it_joined_whatever_the_log_tells_first() {
        let joins = |log: &mut Log, uai: &str, staff| {
            let joined = EstablishmentEvent::StaffJoined {
                staff,
                role: StaffRole::Teacher,
                invitation: None,
            };
            log.push(uai, &uai, joined);
        };
        let leaves = |log: &mut Log, uai: &str, staff| {
            log.push(uai, &uai, EstablishmentEvent::StaffLeft { staff });
        };
        let (moved, gone) = (person(1), person(2));
        let mut log = Log::default();
        joins(&mut log, UAI, moved);
        joins(&mut log, UAI, gone);
        joins(&mut log, OTHER_UAI, moved);
        leaves(&mut log, UAI, moved);
        leaves(&mut log, UAI, gone);
        joins(&mut log, OTHER_UAI, gone);
        leaves(&mut log, OTHER_UAI, gone);
        let expected = [format!("{moved} {OTHER_UAI}")];
        let sql = "SELECT staff_id || ' ' || establishment FROM staff";
        expect_however_cut(&Staff, &log, sql, &expected).await;
    }
}
