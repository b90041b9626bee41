//! What the yearly reset finds: the establishments that are still in an earlier year, and what is in them.

use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    values::{SchoolYear, Uai},
};
use store::{Conn, EventRecord, StoreError, fetch_all};

use crate::order;

/// An establishment that is still in an earlier school year.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Behind {
    #[sqlx(try_from = "String")]
    pub uai: Uai,
    pub academy: Option<String>,
    #[sqlx(try_from = "i64")]
    pub school_year: SchoolYear,
    #[sqlx(try_from = "i64")]
    pub classes: u64,
    /// With a class or without.
    #[sqlx(try_from = "i64")]
    pub students: u64,
    /// Those that nobody followed yet.
    #[sqlx(try_from = "i64")]
    pub invitations: u64,
}

/// The registered establishments that are in a year before this one, by UAI.
pub async fn behind(
    conn: &mut Conn<'_>,
    school_year: SchoolYear,
) -> Result<Vec<Behind>, StoreError> {
    fetch_all!(
        conn,
        Behind,
        "SELECT d.uai, d.academy, d.school_year, \
                (SELECT COUNT(*) FROM classes c WHERE c.establishment = d.uai) AS classes, \
                (SELECT COUNT(*) FROM roster r WHERE r.establishment = d.uai) AS students, \
                (SELECT COUNT(*) FROM invitations i WHERE i.establishment = d.uai) AS invitations \
         FROM directory d WHERE d.school_year < $1 ORDER BY d.uai",
        i64::from(school_year.year()),
    )
}

/// The academies that the directory names, by name.
pub async fn academies(conn: &mut Conn<'_>) -> Result<Vec<String>, StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT DISTINCT academy FROM directory WHERE academy IS NOT NULL",
    )?;
    let mut academies: Vec<String> = rows.into_iter().map(|(academy,)| academy).collect();
    academies.sort_by_cached_key(|academy| order::name(academy));
    Ok(academies)
}

/// The establishments that these events bring to a new year.
pub(crate) fn ending_their_year(events: &[EventRecord]) -> impl Iterator<Item = &Uai> {
    events.iter().filter_map(|record| match &record.event {
        Event::Establishment(EstablishmentEvent::SchoolYearOpened { .. }) => {
            Some(&record.establishment)
        }
        _ => None,
    })
}
