//! Whether the read models are what the log says, and the log what it can be.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use store::{
    Change, Conn, EventRecord, LogPage, RawEvent, Replica, Store, StoreError, TableDifference,
    fetch_all, fetch_optional,
    seals::{Checker, Seal, SealReport},
};

use crate::replay::Replay;

/// How many of the rows that differ are shown, for each table and each way.
const SHOWN: u32 = 20;

/// How many faults of one kind are reported one by one.
const MOST: usize = 1_000;

/// Seals read at once.
const SEALS: u32 = 10_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The events of the log.
    pub events: u64,
    /// The streams they belong to.
    pub streams: u64,
    /// Events that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Events that stand where no reader of the log comes by.
    pub unreached: u64,
    /// Streams whose events are not numbered 1, 2, 3… in the order of the log.
    pub misnumbered: Vec<Misnumbered>,
    /// The tables of the read models, with what differs from the log.
    pub tables: Vec<TableDifference>,
    /// What the seals say of the log.
    pub seals: SealReport,
}

/// An event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it stands in the log.
    pub position: i64,
    /// Why.
    pub error: String,
}

/// A stream whose events are not numbered 1, 2, 3… in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misnumbered {
    /// The stream, as type/id.
    pub stream: String,
    /// The position of the first event out of turn.
    pub position: i64,
    /// Its number.
    pub found: i64,
    /// The number it should have.
    pub expected: i64,
}

impl Verified {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let same = |table: &TableDifference| table.unfounded.is_empty() && table.missing.is_empty();
        self.unreadable.is_empty()
            && self.unreached == 0
            && self.misnumbered.is_empty()
            && self.tables.iter().all(same)
            && self.seals.is_sound()
    }
}

/// Replays the log beside the live read models, as both stand at one instant, and compares; and checks the
/// log against its seals, and against `outside`, one that was kept elsewhere. Others go on meanwhile.
/// `progress` is told how many events are replayed.
///
/// # Errors
///
/// The database's: what is wrong with the log or the read models is no error, but what it reports.
pub async fn verify(
    store: &Store,
    outside: Option<Seal>,
    mut progress: impl FnMut(u64),
) -> Result<Verified, StoreError> {
    let projections = store.projections().iter();
    let tables: Vec<&'static str> = projections
        .flat_map(|projection| projection.tables())
        .copied()
        .collect();
    let (mut replica, reader) = store.frozen_replica(tables.clone()).await?;
    let seals = Checker::new(seals(&mut replica).await?);
    let mut seals = match outside {
        Some(outside) => seals.against(outside),
        None => seals,
    };
    let mut replay = Replay::start(reader, {
        let store = store.clone();
        move |page| Examined::new(page, &store, &tables)
    });
    let mut found = Verified::default();
    let mut numbers = Numbers::default();
    while let Some((_, page)) = replay.next().await? {
        let mut page = page?;
        found.unreadable.append(&mut page.unreadable);
        found.unreadable.truncate(MOST);
        for event in page.page.events() {
            let event = event?;
            numbers.see(&event);
            seals.absorb(&event);
        }
        found.events += page.page.len() as u64;
        replica.change(page.changes).await?;
        progress(found.events);
    }
    let all = "SELECT COUNT(*) FROM events";
    let all = fetch_optional!(&mut replica.conn(), (i64,), all)?.map_or(0, |(all,)| all);
    found.unreached = u64::try_from(all)
        .unwrap_or_default()
        .saturating_sub(found.events);
    found.streams = numbers.last.len() as u64;
    found.misnumbered = numbers.confirm(&mut replica.conn()).await?;
    found.tables = replica.differences(SHOWN).await?;
    found.seals = seals.finish();
    Ok(found)
}

/// All of them, as of the instant that is verified.
async fn seals(replica: &mut Replica) -> Result<Vec<Seal>, StoreError> {
    let mut seals: Vec<Seal> = Vec::new();
    loop {
        let after = seals.last().map_or(0, |seal| seal.number);
        let mut next = replica.conn().seals(after, SEALS).await?;
        if next.is_empty() {
            return Ok(seals);
        }
        seals.append(&mut next);
    }
}

/// A page of the log, with what it changes as far as it can be read.
struct Examined {
    page: LogPage,
    changes: Vec<Change>,
    unreadable: Vec<Unreadable>,
}

impl Examined {
    fn new(page: LogPage, store: &Store, tables: &[&'static str]) -> Result<Self, StoreError> {
        let mut records: Vec<EventRecord> = Vec::with_capacity(page.len());
        let mut unreadable = Vec::new();
        for event in page.events() {
            let event = event?;
            match event.decode() {
                Ok(event) => records.push(event.record),
                Err(error) => unreadable.push(Unreadable {
                    position: event.checkpoint.position,
                    error: error.to_string(),
                }),
            }
        }
        Ok(Self {
            changes: store.changes(tables, &records),
            page,
            unreadable,
        })
    }
}

/// The number of the last event of every stream, by the stream's hash: millions of names would take
/// hundreds of megabytes. What looks wrong is looked up before it is reported.
#[derive(Default)]
struct Numbers {
    last: HashMap<u64, i64>,
    hasher: RandomState,
    suspects: Vec<(String, String)>,
}

impl Numbers {
    fn see(&mut self, event: &RawEvent<'_>) {
        let stream = (event.aggregate_type, event.aggregate_id);
        let last = self.last.entry(self.hasher.hash_one(stream)).or_default();
        if event.sequence != *last + 1 && self.suspects.len() < MOST {
            let (aggregate_type, aggregate_id) = stream;
            let suspect = (aggregate_type.to_owned(), aggregate_id.to_owned());
            if self.suspects.last() != Some(&suspect) {
                self.suspects.push(suspect);
            }
        }
        *last = event.sequence;
    }

    async fn confirm(&self, conn: &mut Conn<'_>) -> Result<Vec<Misnumbered>, StoreError> {
        let mut suspects: Vec<_> = self.suspects.iter().collect();
        suspects.sort_unstable();
        suspects.dedup();
        let mut misnumbered = Vec::new();
        for (aggregate_type, aggregate_id) in suspects {
            let sql = format!(
                "SELECT position, sequence FROM events \
                 WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY {}",
                conn.log_order()
            );
            let events = fetch_all!(conn, (i64, i64), &sql, aggregate_type, aggregate_id)?;
            let mut expected = 1..;
            let wrong = events
                .into_iter()
                .zip(&mut expected)
                .find(|((_, found), expected)| found != expected);
            if let Some(((position, found), expected)) = wrong {
                misnumbered.push(Misnumbered {
                    stream: format!("{aggregate_type}/{aggregate_id}"),
                    position,
                    found,
                    expected,
                });
            }
        }
        Ok(misnumbered)
    }
}
