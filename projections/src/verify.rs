//! Whether the read models are what the log says, and the log what it can be.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use store::{
    Change, Checkpoint, Conn, EventRecord, Excerpt, LogPage, RawEvent, Replica, Store, StoreError,
    TableDifference, fetch_all, fetch_optional,
    seals::{Checker, Seal, SealReport},
};

use crate::replay::Replay;

/// How many of the rows that differ are shown, for each table and each way, and of the events that stand
/// before the log.
const SHOWN: u32 = 20;

/// How many faults of other kinds are shown, of each.
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
    pub unreadable: Excerpt<Unreadable>,
    /// Events whose instant is written as this program never writes it.
    pub misdated: Excerpt<Misdated>,
    /// Events that stand where no reader of the log comes by.
    pub unreached: Excerpt<Unreached>,
    /// Streams whose events are not numbered 1, 2, 3… in the order of the log.
    pub misnumbered: Excerpt<Misnumbered>,
    /// Where the log says what no read model can hold. None is then compared.
    pub contradiction: Option<Unreadable>,
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

/// An event whose instant is written as this program never writes it: searches compare it as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misdated {
    /// Where it stands in the log.
    pub position: i64,
    /// What stands there.
    pub instant: String,
}

/// An event that stands where no reader of the log comes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Where.
    pub position: i64,
    /// Its stream, as type/id.
    pub stream: String,
    /// Its number there.
    pub number: i64,
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
            && self.misdated.is_empty()
            && self.unreached.is_empty()
            && self.contradiction.is_none()
            && self.misnumbered.is_empty()
            && self.tables.iter().all(same)
            && self.seals.is_sound()
    }

    fn take(&mut self, unreadable: Vec<Unreadable>, misdated: Vec<Misdated>) {
        for event in unreadable {
            self.unreadable.add(event, MOST);
        }
        for event in misdated {
            self.misdated.add(event, MOST);
        }
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
    while let Some((end, page)) = replay.next().await? {
        let page = page?;
        for event in page.page.events() {
            match event {
                Ok(event) => {
                    numbers.see(&event);
                    seals.absorb(&event);
                }
                Err(StoreError::Unreadable { checkpoint, .. }) => {
                    seals.absorb_unreadable(checkpoint);
                }
                Err(error) => return Err(error),
            }
        }
        found.events += page.page.len() as u64;
        found.take(page.unreadable, page.misdated);
        if found.contradiction.is_none() {
            found.contradiction = contradiction(replica.change(page.changes).await, end)?;
        }
        progress(found.events);
    }
    found.unreached = unreached(&mut replica.conn(), found.events).await?;
    found.streams = numbers.last.len() as u64;
    found.misnumbered = numbers.confirm(&mut replica.conn()).await?;
    if found.contradiction.is_none() {
        found.tables = replica.differences(SHOWN).await?;
    }
    found.seals = seals.finish();
    Ok(found)
}

/// What the database refuses of a page that ends there is the log's fault; that it does not answer is not.
fn contradiction(
    changed: Result<(), StoreError>,
    end: Checkpoint,
) -> Result<Option<Unreadable>, StoreError> {
    match changed {
        Ok(()) => Ok(None),
        Err(
            error @ (StoreError::Unique { .. } | StoreError::Database(sqlx::Error::Database(_))),
        ) => Ok(Some(Unreadable {
            position: end.position,
            error: error.to_string(),
        })),
        Err(error) => Err(error),
    }
}

/// The events that stand before all those that were read.
async fn unreached(conn: &mut Conn<'_>, read: u64) -> Result<Excerpt<Unreached>, StoreError> {
    let all = "SELECT COUNT(*) FROM events";
    let all = fetch_optional!(conn, (i64,), all)?.map_or(0, |(all,)| all);
    let all = u64::try_from(all).unwrap_or_default().saturating_sub(read);
    let sql = format!(
        "SELECT position, aggregate_type || '/' || aggregate_id, sequence FROM events \
         WHERE {} ORDER BY {} LIMIT $1",
        conn.before_log(),
        conn.log_order()
    );
    let first = if all == 0 {
        Vec::new()
    } else {
        fetch_all!(conn, (i64, String, i64), &sql, i64::from(SHOWN))?
    };
    let first = first
        .into_iter()
        .map(|(position, stream, number)| Unreached {
            position,
            stream,
            number,
        });
    Ok(Excerpt {
        first: first.collect(),
        all,
    })
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
    misdated: Vec<Misdated>,
}

impl Examined {
    fn new(page: LogPage, store: &Store, tables: &[&'static str]) -> Result<Self, StoreError> {
        let mut records: Vec<EventRecord> = Vec::with_capacity(page.len());
        let (mut unreadable, mut misdated) = (Vec::new(), Vec::new());
        for event in page.events() {
            let (position, decoded) = match event {
                Ok(event) => {
                    let position = event.checkpoint.position;
                    misdated.extend(event.odd_instant().map(|instant| Misdated {
                        position,
                        instant: instant.to_owned(),
                    }));
                    (position, event.decode())
                }
                Err(StoreError::Unreadable { checkpoint, detail }) => {
                    let error = StoreError::Unreadable { checkpoint, detail };
                    (checkpoint.position, Err(error))
                }
                Err(error) => return Err(error),
            };
            match decoded {
                Ok(event) => records.push(event.record),
                Err(error) => unreadable.push(Unreadable {
                    position,
                    error: error.to_string(),
                }),
            }
        }
        Ok(Self {
            changes: store.changes(tables, &records),
            page,
            unreadable,
            misdated,
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
    /// Events out of turn beyond those of so many suspects.
    more: u64,
}

impl Numbers {
    fn see(&mut self, event: &RawEvent<'_>) {
        let stream = (event.aggregate_type, event.aggregate_id);
        let last = self.last.entry(self.hasher.hash_one(stream)).or_default();
        if event.sequence != *last + 1 {
            let (aggregate_type, aggregate_id) = stream;
            let suspect = (aggregate_type.to_owned(), aggregate_id.to_owned());
            if self.suspects.len() == MOST {
                self.more += 1;
            } else if self.suspects.last() != Some(&suspect) {
                self.suspects.push(suspect);
            }
        }
        *last = event.sequence;
    }

    async fn confirm(&self, conn: &mut Conn<'_>) -> Result<Excerpt<Misnumbered>, StoreError> {
        let mut suspects: Vec<_> = self.suspects.iter().collect();
        suspects.sort_unstable();
        suspects.dedup();
        let mut misnumbered = Excerpt::default();
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
                let wrong = Misnumbered {
                    stream: format!("{aggregate_type}/{aggregate_id}"),
                    position,
                    found,
                    expected,
                };
                misnumbered.add(wrong, MOST);
            }
        }
        misnumbered.all += self.more;
        Ok(misnumbered)
    }
}
