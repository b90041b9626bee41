//! What happened, newest first: the log itself, with names and a sentence for people.

mod mentions;
mod names;
mod sentence;

use chrono::{DateTime, Utc};
use domain::{
    class::Class,
    ids::{ClassId, CorrelationId, PersonId, StudentId},
    student::Student,
    values::{LocalTime, Uai},
};
use serde_json::Value;
use store::{
    Checkpoint, Conn, EventRecord, LoggedEvent, StoreError, StreamId, fetch_all, fetch_optional,
};

use self::{mentions::Mentions, names::Names};

/// Which events: those that match all that is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub establishment: Option<Uai>,
    /// Those of this class's stream.
    pub class: Option<ClassId>,
    /// Those of this pupil's stream; together with a class, those of the class about the pupil.
    pub student: Option<StudentId>,
    pub actor: Option<PersonId>,
    pub event_type: Option<&'static str>,
    /// Those from this instant on.
    pub since: Option<DateTime<Utc>>,
    /// Those before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Those of this request or run. Together with an establishment only: nothing else leads to them.
    pub correlation: Option<CorrelationId>,
    /// Whether a yearly reset shows as one event for each establishment, [`SchoolYearOpened`]: classes
    /// that were purged and pupils who were released are left out, unless something is asked for
    /// that may be one of them (a class, a pupil, a type, a run).
    ///
    /// [`SchoolYearOpened`]: domain::establishment::EstablishmentEvent::SchoolYearOpened
    pub folded: bool,
}

/// An event as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryItem {
    /// Where the history goes on after it.
    pub checkpoint: Checkpoint,
    pub record: EventRecord,
    /// Of the establishment that it concerns.
    pub clock: LocalTime,
    /// That it is about, as the next.
    pub class: Option<ClassId>,
    pub student: Option<StudentId>,
    /// The name today of who caused it; none once erased.
    pub actor_name: Option<String>,
    /// What it says besides, as JSON.
    pub data: Value,
    /// In one French sentence.
    pub summary: String,
    /// The same without who did it, beginning with "a ".
    pub deed: String,
}

/// At most `limit` events of this filter, newest first, those before the place `before`.
///
/// Pages that follow one another never show an event twice, nor leave one out that was there when the
/// first was read.
pub async fn page(
    conn: &mut Conn<'_>,
    filter: &Filter,
    before: Option<Checkpoint>,
    limit: i64,
) -> Result<Vec<HistoryItem>, StoreError> {
    let before = before.unwrap_or(Checkpoint {
        transaction: i64::MAX,
        position: i64::MAX,
    });
    let events = match (filter.stream(), &filter.establishment) {
        (Some(stream), _) => of_stream(conn, filter, &stream, before, limit).await,
        (None, Some(uai)) => of_establishment(conn, filter, uai, before, limit).await,
        (None, None) => of_everything(conn, filter, before, limit).await,
    }?;
    items(conn, events).await
}

/// The place in the log of the event at this position, if there is one.
pub async fn place_of(
    conn: &mut Conn<'_>,
    position: i64,
) -> Result<Option<Checkpoint>, StoreError> {
    let sql = format!(
        "SELECT {} FROM events WHERE position = $1",
        conn.log_columns()
    );
    let event = fetch_optional!(conn, LoggedEvent, &sql, position)?;
    Ok(event.map(|event| event.checkpoint))
}

/// Whether the log knows the establishment, class and pupil that the filter names, the last two in that
/// establishment: of what it does not know there is no history, not even an empty one.
pub async fn knows(conn: &mut Conn<'_>, filter: &Filter) -> Result<bool, StoreError> {
    let establishment = filter.establishment.as_ref().map(Uai::as_str);
    let class = filter.class.map(|id| StreamId::of::<Class>(&id));
    let student = filter.student.map(|id| StreamId::of::<Student>(&id));
    for stream in [class, student].into_iter().flatten() {
        let known = fetch_optional!(
            conn,
            (i64,),
            "SELECT position FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 \
             AND ($3 IS NULL OR establishment = $3) LIMIT 1",
            stream.aggregate_type,
            stream.aggregate_id,
            establishment,
        )?;
        if known.is_none() {
            return Ok(false);
        }
    }
    let Some(establishment) = establishment else {
        return Ok(true);
    };
    let known = fetch_optional!(
        conn,
        (i64,),
        "SELECT position FROM events WHERE establishment = $1 LIMIT 1",
        establishment,
    )?;
    Ok(known.is_some())
}

impl Filter {
    /// The stream that holds every event of this filter, if one does.
    fn stream(&self) -> Option<StreamId> {
        let class = self.class.map(|id| StreamId::of::<Class>(&id));
        class.or_else(|| self.student.map(|id| StreamId::of::<Student>(&id)))
    }

    /// Whether the parts of a reset are left out. They happen in no other way.
    fn leaves_parts_out(&self) -> bool {
        let may_be_parts = self.stream().is_some() || self.event_type.is_some();
        self.folded && !may_be_parts && self.correlation.is_none()
    }

    /// The conditions that no index serves, where there are any.
    fn unindexed(&self) -> String {
        let conditions = [
            (self.event_type.is_some(), " AND event_type = $1"),
            (self.actor.is_some(), " AND metadata ->> 'actor_id' = $2"),
            (self.since.is_some(), " AND recorded_at >= $3"),
            (self.until.is_some(), " AND recorded_at < $4"),
            (
                self.correlation.is_some(),
                " AND metadata ->> 'correlation_id' = $5",
            ),
            (
                self.leaves_parts_out(),
                " AND event_type NOT IN ('ClassPurged', 'StudentReleased')",
            ),
        ];
        let asked = conditions.into_iter().filter(|(asked, _)| *asked);
        asked.map(|(_, condition)| condition).collect()
    }
}

/// The events where `$condition` holds, and what else the filter says. A plan is made once for all
/// values: what is not asked for is left out and the limit written out, so that the plan follows the
/// index of the condition, which gives the order too, and stops at the limit.
macro_rules! select_events {
    ($conn:expr, $filter:expr, $limit:expr, $condition:expr, $order:literal $(, $arg:expr)* $(,)?) => {{
        let sql = format!(
            "SELECT {} FROM events WHERE {}{} ORDER BY {} LIMIT {}",
            $conn.log_columns(),
            $condition,
            $filter.unindexed(),
            $order,
            $limit,
        );
        let actor = $filter.actor.map(|actor| actor.to_string());
        let (since, until) = ($filter.since, $filter.until);
        let correlation = $filter.correlation.map(|id| id.to_string());
        fetch_all!(
            $conn, LoggedEvent, &sql, $filter.event_type, &actor, since, until, &correlation $(, $arg)*
        )
    }};
}

/// Along the primary key: a stream's events stand in the order of their positions.
async fn of_stream(
    conn: &mut Conn<'_>,
    filter: &Filter,
    stream: &StreamId,
    before: Checkpoint,
    limit: i64,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let student = filter.class.and(filter.student);
    let naming = student.map(|student| format!("%{student}%"));
    select_events!(
        conn,
        filter,
        limit,
        "aggregate_type = $6 AND aggregate_id = $7 AND position < $8 \
         AND ($9 IS NULL OR establishment = $9) \
         AND ($10 IS NULL OR CAST(payload AS text) LIKE $10)",
        "sequence DESC",
        stream.aggregate_type,
        &stream.aggregate_id,
        before.position,
        filter.establishment.as_ref().map(Uai::as_str),
        &naming,
    )
}

/// Along the index (establishment, position).
async fn of_establishment(
    conn: &mut Conn<'_>,
    filter: &Filter,
    establishment: &Uai,
    before: Checkpoint,
    limit: i64,
) -> Result<Vec<LoggedEvent>, StoreError> {
    select_events!(
        conn,
        filter,
        limit,
        "establishment = $6 AND position < $7",
        "position DESC",
        establishment.as_str(),
        before.position,
    )
}

/// Along the order of the log, which on PostgreSQL is that of the transactions.
async fn of_everything(
    conn: &mut Conn<'_>,
    filter: &Filter,
    before: Checkpoint,
    limit: i64,
) -> Result<Vec<LoggedEvent>, StoreError> {
    match conn {
        Conn::Postgres(_) => select_events!(
            conn,
            filter,
            limit,
            "(transaction_id, position) < ($6, $7)",
            "transaction_id DESC, position DESC",
            before.transaction,
            before.position,
        ),
        Conn::Sqlite(_) => select_events!(
            conn,
            filter,
            limit,
            "position < $6",
            "position DESC",
            before.position,
        ),
    }
}

async fn items(
    conn: &mut Conn<'_>,
    events: Vec<LoggedEvent>,
) -> Result<Vec<HistoryItem>, StoreError> {
    let mut mentioned = Vec::with_capacity(events.len());
    for event in &events {
        mentioned.push(Mentions::of(&event.record)?);
    }
    let names = Names::read(conn, &events, &mentioned).await?;
    events
        .into_iter()
        .zip(mentioned)
        .map(|(event, mentions)| {
            let (who, deed) = sentence::of(&event, &mentions, &names);
            Ok(HistoryItem {
                checkpoint: event.checkpoint,
                clock: names.clock(&event.record.establishment),
                class: mentions.class,
                student: mentions.student,
                actor_name: names.actor(event.record.metadata.actor),
                data: event.record.event.data()?,
                summary: format!("{who} {deed}"),
                deed,
                record: event.record,
            })
        })
        .collect()
}
