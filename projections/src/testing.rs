//! Logs that are written down event by event, and read models replayed from them however they are cut.

use chrono::{DateTime, TimeDelta};
use domain::{
    actor::{Actor, Metadata},
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, CommandId, CorrelationId, PersonId},
    values::{SchoolYear, Uai},
};
use store::{EventRecord, Projection, Store, StreamId, fetch_all};
use uuid::Uuid;

pub(crate) const UAI: &str = "9990001X";
pub(crate) const OTHER_UAI: &str = "9990002Y";

/// A log, as it is written down event by event.
#[derive(Default)]
pub(crate) struct Log(Vec<EventRecord>);

impl Log {
    pub(crate) fn push(&mut self, uai: &str, id: &impl ToString, event: impl Into<Event>) {
        let event = event.into();
        let minutes = i64::try_from(self.0.len()).unwrap();
        self.0.push(EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: id.to_string(),
            },
            sequence: 1,
            event,
            metadata: Metadata {
                command: CommandId::new(Uuid::nil()),
                correlation: CorrelationId::new(Uuid::nil()),
                actor: Actor::system(),
            },
            recorded_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes),
            establishment: Uai::parse(uai).unwrap(),
        });
    }

    pub(crate) fn year_opened(&mut self) {
        let school_year = SchoolYear::starting(2027).unwrap();
        self.push(
            UAI,
            &UAI,
            EstablishmentEvent::SchoolYearOpened { school_year },
        );
    }
}

pub(crate) fn class_id(id: u128) -> ClassId {
    ClassId::new(Uuid::from_u128(id))
}

pub(crate) fn person(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

/// What an empty database holds after these pieces of a log, as this query tells it: one text a row.
async fn replayed(
    projection: &dyn Projection,
    pieces: &[&[EventRecord]],
    sql: &str,
) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("replay.db").display());
    let store = Store::connect(&url, Vec::new()).await.unwrap();
    store.migrate().await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    for piece in pieces {
        let changes = projection.apply(piece);
        transaction.conn().change(changes, "").await.unwrap();
    }
    let rows = fetch_all!(&mut transaction.conn(), (String,), sql).unwrap();
    drop(transaction);
    store.close().await;
    rows.into_iter().map(|(row,)| row).collect()
}

/// The rows are the same whole, cut in two at any place, and event by event.
pub(crate) async fn expect_however_cut(
    projection: &dyn Projection,
    log: &Log,
    sql: &str,
    expected: &[String],
) {
    for cut in 0..=log.0.len() {
        let (before, after) = log.0.split_at(cut);
        let rows = replayed(projection, &[before, after], sql).await;
        assert_eq!(rows, expected, "cut at {cut}");
    }
    let single: Vec<&[EventRecord]> = log.0.chunks(1).collect();
    let rows = replayed(projection, &single, sql).await;
    assert_eq!(rows, expected, "event by event");
}
