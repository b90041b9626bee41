//! Whether the events of each stream are numbered one after the other.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use store::{Conn, Excerpt, RawEvent, StoreError, fetch_all};

use super::{MOST, verified::Misnumbered};

/// The number of the last event of every stream, by the stream's hash: millions of names would take
/// hundreds of megabytes. What looks wrong is looked up before it is reported.
#[derive(Default)]
pub(super) struct Numbers {
    last: HashMap<u64, i64>,
    hasher: RandomState,
    suspects: Vec<(String, String)>,
    /// Events out of turn beyond those of so many suspects.
    more: u64,
}

impl Numbers {
    pub(super) fn see(&mut self, event: &RawEvent<'_>) {
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

    /// The number of streams that were seen.
    pub(super) fn streams(&self) -> u64 {
        self.last.len() as u64
    }

    /// The first event out of turn of each stream that looked wrong.
    pub(super) async fn confirm(
        &self,
        conn: &mut Conn<'_>,
    ) -> Result<Excerpt<Misnumbered>, StoreError> {
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
            let events = fetch_all!(conn, Numbered, &sql, aggregate_type, aggregate_id)?;
            let mut expected = 1..;
            let wrong = events
                .into_iter()
                .zip(&mut expected)
                .find(|(event, expected)| event.sequence != *expected);
            if let Some((event, expected)) = wrong {
                let wrong = Misnumbered {
                    stream: format!("{aggregate_type}/{aggregate_id}"),
                    position: event.position,
                    found: event.sequence,
                    expected,
                };
                misnumbered.add(wrong, MOST);
            }
        }
        misnumbered.all += self.more;
        Ok(misnumbered)
    }
}

#[derive(sqlx::FromRow)]
struct Numbered {
    position: i64,
    sequence: i64,
}
