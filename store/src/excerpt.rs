//! Many things, of which a few are shown.

/// The first of some things, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt<T> {
    pub first: Vec<T>,
    /// How many there are, those included.
    pub all: u64,
}

impl<T> Default for Excerpt<T> {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            all: 0,
        }
    }
}

impl<T> Excerpt<T> {
    /// One more thing, kept while there are fewer than `most`.
    pub fn add(&mut self, thing: T, most: usize) {
        self.all += 1;
        if self.first.len() < most {
            self.first.push(thing);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all == 0
    }

    /// How many are not shown.
    #[must_use]
    pub const fn more(&self) -> u64 {
        self.all.saturating_sub(self.first.len() as u64)
    }
}

impl Excerpt<String> {
    /// Out of rows that each say how many there are.
    pub(crate) fn of(rows: Vec<(i64, String)>) -> Self {
        let all = rows.first().map_or(0, |(all, _)| *all);
        Self {
            first: rows.into_iter().map(|(_, row)| row).collect(),
            all: u64::try_from(all).unwrap_or_default(),
        }
    }
}
