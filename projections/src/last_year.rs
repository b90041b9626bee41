//! What the yearly reset finds: the establishments that are still in an earlier year, and what is in them.

use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    values::{SchoolYear, Uai},
};
use store::{Conn, EventRecord, StoreError, fetch_all};

use crate::{classes::year, parse::parse};

/// An establishment that is still in an earlier school year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Which.
    pub uai: Uai,
    /// Its academy, if the directory knows it.
    pub academy: Option<String>,
    /// The year it is in.
    pub school_year: SchoolYear,
    /// Its classes.
    pub classes: u64,
    /// Its pupils, with a class or without.
    pub students: u64,
    /// Its pending invitations.
    pub invitations: u64,
}

/// UAI, academy, year, classes, pupils, invitations.
type Row = (String, Option<String>, i64, i64, i64, i64);

/// The registered establishments that are in a year before this one, by UAI.
///
/// # Errors
///
/// The database's.
pub async fn behind(
    conn: &mut Conn<'_>,
    school_year: SchoolYear,
) -> Result<Vec<Behind>, StoreError> {
    let rows = fetch_all!(
        conn,
        Row,
        "SELECT d.uai, d.academy, d.school_year, \
                (SELECT COUNT(*) FROM classes c WHERE c.establishment = d.uai), \
                (SELECT COUNT(*) FROM roster r WHERE r.establishment = d.uai), \
                (SELECT COUNT(*) FROM invitations i WHERE i.establishment = d.uai) \
         FROM directory d WHERE d.school_year < $1 ORDER BY d.uai",
        i64::from(school_year.year()),
    )?;
    rows.into_iter().map(establishment).collect()
}

fn establishment(row: Row) -> Result<Behind, StoreError> {
    let (uai, academy, school_year, classes, students, invitations) = row;
    Ok(Behind {
        uai: parse("directory", &uai)?,
        academy,
        school_year: year("directory", school_year)?,
        classes: classes.unsigned_abs(),
        students: students.unsigned_abs(),
        invitations: invitations.unsigned_abs(),
    })
}

/// The academies that the directory names, by name.
///
/// # Errors
///
/// The database's.
pub async fn academies(conn: &mut Conn<'_>) -> Result<Vec<String>, StoreError> {
    let rows = fetch_all!(
        conn,
        (String,),
        "SELECT DISTINCT academy FROM directory WHERE academy IS NOT NULL ORDER BY academy",
    )?;
    Ok(rows.into_iter().map(|(academy,)| academy).collect())
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
