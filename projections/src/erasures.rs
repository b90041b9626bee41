//! Erasures as the log knows them: who was erased, and whom one may erase.

use chrono::{DateTime, Utc};
use domain::{
    establishment::EstablishmentEvent,
    event::Event,
    ids::{InvitationId, PersonId, StudentId},
    values::Uai,
};
use serde::{Deserialize, Serialize};
use store::{Conn, LoggedEvent, Nullable, Rows, StoreError, fetch_all, fetch_optional};

use crate::Place;

/// What somebody was to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A pupil.
    Student,
    /// A member of a staff.
    Staff,
}

/// Somebody who was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    pub kind: Kind,
    pub id: PersonId,
    pub erased_at: DateTime<Utc>,
}

/// Everybody who was erased, in the order of the log.
pub async fn all(conn: &mut Conn<'_>) -> Result<Vec<Erasure>, StoreError> {
    let sql = format!(
        "SELECT {} FROM events WHERE event_type IN ('StudentErased', 'StaffErased') \
         ORDER BY position",
        conn.log_columns()
    );
    let events = fetch_all!(conn, LoggedEvent, &sql)?;
    events.into_iter().map(erasure).collect()
}

fn erasure(event: LoggedEvent) -> Result<Erasure, StoreError> {
    let record = event.record;
    let (kind, id) = match record.event {
        Event::Establishment(EstablishmentEvent::StaffErased { staff }) => (Kind::Staff, staff),
        _ => (Kind::Student, record.stream.id()?),
    };
    Ok(Erasure {
        kind,
        id,
        erased_at: record.recorded_at,
    })
}

/// The pupils who left their establishment before `instant`, rejected or released, and did nothing
/// since; those who left first come first.
pub async fn left_before(
    conn: &mut Conn<'_>,
    instant: DateTime<Utc>,
) -> Result<Vec<StudentId>, StoreError> {
    let left = fetch_all!(
        conn,
        Left,
        "SELECT e.aggregate_id AS student FROM events e \
         WHERE e.event_type IN ('StudentRejected', 'StudentReleased') AND e.recorded_at < $1 \
           AND NOT EXISTS (SELECT 1 FROM events later \
                           WHERE later.aggregate_type = 'student' \
                             AND later.aggregate_id = e.aggregate_id \
                             AND later.sequence > e.sequence) \
         ORDER BY e.recorded_at, e.aggregate_id",
        instant,
    )?;
    Ok(left.into_iter().map(|left| left.student).collect())
}

#[derive(sqlx::FromRow)]
struct Left {
    #[sqlx(try_from = "String")]
    student: StudentId,
}

/// Where a pupil is or was last; none when the log knows no such pupil.
pub async fn last_school_of(
    conn: &mut Conn<'_>,
    student: StudentId,
) -> Result<Option<Uai>, StoreError> {
    let last = fetch_optional!(
        conn,
        Place,
        "SELECT establishment FROM events \
         WHERE aggregate_type = 'student' AND aggregate_id = $1 ORDER BY sequence DESC LIMIT 1",
        student.to_string(),
    )?;
    Ok(last.map(|last| last.establishment))
}

/// The establishment whose staff somebody is on, or was on last; none when they never were on any.
pub async fn last_staff_of(
    conn: &mut Conn<'_>,
    staff: PersonId,
) -> Result<Option<Uai>, StoreError> {
    let last = fetch_optional!(
        conn,
        Place,
        "SELECT establishment FROM events \
         WHERE event_type = 'StaffJoined' AND CAST(payload AS text) LIKE $1 \
         ORDER BY position DESC LIMIT 1",
        format!("%\"staff\":\"{staff}\"%"),
    )?;
    Ok(last.map(|last| last.establishment))
}

/// The invitations that these people followed, on whatever staff they were.
pub async fn invitations_followed_by(
    conn: &mut Conn<'_>,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<Vec<InvitationId>, StoreError> {
    let followed: Vec<Followed> = conn
        .read(
            "SELECT payload -> 'StaffJoined' ->> 'invitation' AS invitation FROM events \
             WHERE event_type = 'StaffJoined' \
               AND payload -> 'StaffJoined' ->> 'staff' IN (SELECT id FROM {rows})",
            Rows::new().text("id", people),
        )
        .await?;
    Ok(followed
        .into_iter()
        .filter_map(|it| it.invitation)
        .collect())
}

#[derive(sqlx::FromRow)]
struct Followed {
    #[sqlx(try_from = "Nullable<String>")]
    invitation: Option<InvitationId>,
}
