//! The whole log, page after page.

use crate::{Checkpoint, LogPage, Store, StoreError, engine::Link};

/// Reads the log in order, page after page.
pub struct LogReader {
    source: Source,
    checkpoint: Checkpoint,
}

enum Source {
    /// What is settled, as it comes.
    Live(Store),
    /// What there was at one instant: all that a connection sees, up to a position.
    Frozen { link: Link, until: i64 },
}

impl Store {
    /// Reads the log from its beginning, what is settled.
    #[must_use]
    pub fn log_reader(&self) -> LogReader {
        LogReader {
            source: Source::Live(self.clone()),
            checkpoint: Checkpoint::default(),
        }
    }
}

impl LogReader {
    pub(super) fn frozen(link: Link, until: i64) -> Self {
        Self {
            source: Source::Frozen { link, until },
            checkpoint: Checkpoint::default(),
        }
    }

    /// The next events, at most `limit`; none at the end, as which a connection that breaks never looks.
    pub async fn next_page(&mut self, limit: u32) -> Result<LogPage, StoreError> {
        let page = match &mut self.source {
            Source::Live(store) => store.read_page(self.checkpoint, limit).await?,
            Source::Frozen { link, until } => {
                let page = link.conn().read_page(self.checkpoint, limit).await?;
                page.up_to(*until)?
            }
        };
        self.checkpoint = page.end()?.unwrap_or(self.checkpoint);
        Ok(page)
    }

    /// Where it stands.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }
}
