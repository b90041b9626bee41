//! Whether the log still is what was sealed.

use std::{iter::Peekable, mem, vec::IntoIter};

use super::{EventDigest, Seal, chain::Chain};
use crate::{Checkpoint, Excerpt, RawEvent};

/// How many altered events are named.
const MOST: usize = 1_000;

/// Compares a log with its seals, and each event with its digest, in one pass over them.
///
/// After a seal that does not hold it goes on from the hash that stands there, so that each seal is
/// judged on its own and only those are reported under which something was changed.
pub struct Checker {
    seals: Peekable<IntoIter<Seal>>,
    /// From the hash that stands in the previous seal.
    stored: Chain,
    /// From the hash that the previous seal should have, when it has another.
    computed: Option<Chain>,
    /// The seal kept outside until it is reached, and the chain from the log alone: whoever rewrote the
    /// hashes in the seals too changed nothing in it.
    outside: Option<(Seal, Chain)>,
    /// The position of the first event since the previous seal.
    first: Option<i64>,
    /// The previous seal, if it holds.
    previous: Option<SealRange>,
    /// The events since the previous seal.
    events: u64,
    report: SealReport,
}

/// What a [`Checker`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealReport {
    pub seals: u64,
    /// How many events of the log they cover.
    pub sealed_events: u64,
    /// How many come after the last seal.
    pub unsealed_events: u64,
    /// The positions of events that differ from their digests: either was changed since.
    pub altered: Excerpt<i64>,
    /// The seals that do not hold, in the order of the log.
    pub broken: Vec<BrokenSeal>,
    /// How the log compares with the seal kept outside, if one was given.
    pub outside: Option<Outside>,
}

/// A seal that does not hold, and where that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenSeal {
    pub number: i64,
    /// The position of the first event that it covers.
    pub first: i64,
    /// The position of the last.
    pub last: i64,
    /// What is wrong, at least one thing.
    pub faults: Vec<Fault>,
    /// Where it may be instead: whoever changed events and made their seal anew left that one sound, and
    /// this one is the first that does not follow from it.
    pub or_previous: Option<SealRange>,
}

/// A seal, and where it is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealRange {
    pub number: i64,
    /// The position of the first event that it covers.
    pub first: i64,
    /// The position of the last.
    pub last: i64,
}

/// What is wrong with a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It should have this number: those in between are missing.
    Number {
        /// The number after the previous seal's.
        expected: i64,
    },
    /// Events were removed or inserted.
    Events {
        /// How many events it says that it covers.
        sealed: i64,
        /// How many there are in the log.
        found: i64,
    },
    /// The last event that it covers is not in the log.
    EndMissing,
    /// What it covers is not what was sealed: an event was changed, removed, inserted or put elsewhere, or
    /// the seal itself was changed.
    Hash,
    /// Its hash was changed. The events under it are as they were sealed: the next seal says so.
    Rewritten,
}

/// How a log compares with a seal that was kept outside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Up to that seal, the log is what it was.
    Holds,
    /// Something before that seal was changed, in the log or in the seals.
    Differs,
    /// There is no such seal: seals were removed, or it is of another database.
    Missing,
}

impl SealReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.altered.is_empty()
            && self.broken.is_empty()
            && matches!(self.outside, None | Some(Outside::Holds))
    }
}

impl Checker {
    /// With every seal, by number. They must be read before the log is, or with it as of one instant:
    /// a seal made later covers events that the log did not show yet.
    #[must_use]
    pub fn new(seals: Vec<Seal>) -> Self {
        Self {
            report: SealReport {
                seals: seals.len() as u64,
                ..SealReport::default()
            },
            stored: Chain::after(None),
            seals: seals.into_iter().peekable(),
            computed: None,
            outside: None,
            first: None,
            previous: None,
            events: 0,
        }
    }

    /// Looks whether the log up to this seal, which was kept outside, gives that very seal.
    #[must_use]
    pub fn against(mut self, outside: Seal) -> Self {
        self.outside = Some((outside, Chain::after(None)));
        self.report.outside = Some(Outside::Missing);
        self
    }

    /// Takes the next event of the log.
    pub fn absorb(&mut self, event: &RawEvent<'_>) {
        let digest = EventDigest::of(event);
        if event.digest != digest.as_bytes() {
            self.report.altered.add(event.checkpoint.position, MOST);
        }
        self.take(event.checkpoint, &digest);
    }

    /// Takes the next event of the log, which cannot be read: whatever was sealed there before, it is another.
    pub fn absorb_unreadable(&mut self, at: Checkpoint) {
        self.take(at, &EventDigest::UNREADABLE);
    }

    fn take(&mut self, at: Checkpoint, digest: &EventDigest) {
        while let Some(seal) = self.seals.next_if(|seal| seal.checkpoint() < at) {
            self.close(&seal);
        }
        self.first.get_or_insert(at.position);
        self.events += 1;
        self.stored.absorb(at, digest);
        if let Some(computed) = &mut self.computed {
            computed.absorb(at, digest);
        }
        if let Some((_, chain)) = &mut self.outside {
            chain.absorb(at, digest);
        }
    }

    /// What was found, once the whole log was taken.
    #[must_use]
    pub fn finish(mut self) -> SealReport {
        while let Some(seal) = self.seals.next() {
            self.close(&seal);
        }
        self.report.unsealed_events = self.events;
        self.report
    }

    /// All events that this seal can cover were taken.
    fn close(&mut self, seal: &Seal) {
        self.compare_with_outside(seal);
        let found = mem::replace(&mut self.stored, Chain::after(Some(seal))).seal(seal.sealed_at);
        let computed = self.computed.take();
        let holds_by_computed =
            computed.is_some_and(|chain| chain.seal(seal.sealed_at).hash == seal.hash);
        if holds_by_computed {
            self.previous_was_rewritten();
        }
        let mut faults = faults(seal, &found);
        let mut or_previous = None;
        if found.hash != seal.hash && !holds_by_computed {
            faults.push(Fault::Hash);
            self.computed = Some(Chain::after(Some(&found)));
            or_previous = self.previous;
        }
        let first = self.first.take().unwrap_or(seal.position);
        self.report.sealed_events += mem::take(&mut self.events);
        self.previous = faults.is_empty().then_some(SealRange {
            number: seal.number,
            first,
            last: seal.position,
        });
        if !faults.is_empty() {
            self.report.broken.push(BrokenSeal {
                number: seal.number,
                first,
                last: seal.position,
                faults,
                or_previous,
            });
        }
    }

    fn previous_was_rewritten(&mut self) {
        let Some(seal) = self.report.broken.last_mut() else {
            return;
        };
        for fault in &mut seal.faults {
            if *fault == Fault::Hash {
                *fault = Fault::Rewritten;
                seal.or_previous = None;
            }
        }
    }

    fn compare_with_outside(&mut self, seal: &Seal) {
        let Some((outside, chain)) = self.outside.take() else {
            return;
        };
        let found = chain.seal(seal.sealed_at);
        if found.number == outside.number {
            self.report.outside = Some(if found == outside {
                Outside::Holds
            } else {
                Outside::Differs
            });
        } else {
            self.outside = Some((outside, Chain::after(Some(&found))));
        }
    }
}

/// What is wrong with a seal besides its hash, if `found` is what stands in the log.
fn faults(seal: &Seal, found: &Seal) -> Vec<Fault> {
    let number = (seal.number != found.number).then_some(Fault::Number {
        expected: found.number,
    });
    let events = (seal.events != found.events).then_some(Fault::Events {
        sealed: seal.events,
        found: found.events,
    });
    let end = (seal.checkpoint() != found.checkpoint()).then_some(Fault::EndMissing);
    [number, events, end].into_iter().flatten().collect()
}
