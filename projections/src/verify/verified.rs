//! What is wrong with the log and the read models.

use store::{Excerpt, TableDifference, seals::SealReport};

use super::MOST;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub events: u64,
    pub streams: u64,
    pub unreadable: Excerpt<Unreadable>,
    pub misdated: Excerpt<Misdated>,
    pub unreached: Excerpt<Unreached>,
    pub misnumbered: Excerpt<Misnumbered>,
    /// Where the log says what no read model can hold. None is then compared.
    pub contradiction: Option<Unreadable>,
    /// The tables of the read models, with what differs from the log.
    pub tables: Vec<TableDifference>,
    pub seals: SealReport,
}

/// An event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub position: i64,
    pub error: String,
}

/// An event whose instant is written as this program never writes it: searches compare it as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misdated {
    pub position: i64,
    pub instant: String,
}

/// An event that stands where no reader of the log comes by.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unreached {
    pub position: i64,
    /// As type/id.
    pub stream: String,
    pub number: i64,
}

/// A stream whose events are not numbered 1, 2, 3… in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misnumbered {
    /// As type/id.
    pub stream: String,
    /// Of the first event out of turn.
    pub position: i64,
    pub found: i64,
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

    pub(super) fn take(&mut self, unreadable: Vec<Unreadable>, misdated: Vec<Misdated>) {
        for event in unreadable {
            self.unreadable.add(event, MOST);
        }
        for event in misdated {
            self.misdated.add(event, MOST);
        }
    }
}
