//! The log as it is replayed: read ahead, decoded on other threads, in the order of the log.

use store::{Checkpoint, LogPage, LogReader, StoreError};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

/// Events read at once: enough that what each page costs by itself does not show, few enough that
/// [`AHEAD`] of them stay small.
const PAGE: u32 = 4_096;

/// Pages that wait to be taken, at most.
const AHEAD: usize = 2;

/// What is made of each page of the log.
pub(crate) struct Replay<T> {
    pages: mpsc::Receiver<(Checkpoint, JoinHandle<T>)>,
    reading: JoinHandle<Result<(), StoreError>>,
}

impl<T: Send + 'static> Replay<T> {
    /// Reads on while pages are taken, up to the end of the log; `make` is called with each page on a
    /// thread of its own.
    pub(crate) fn start(
        mut reader: LogReader,
        make: impl Fn(LogPage) -> T + Clone + Send + 'static,
    ) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let reading = tokio::spawn(async move {
            loop {
                let page = reader.next_page(PAGE).await?;
                if page.is_empty() {
                    return Ok(());
                }
                let make = make.clone();
                let page = spawn_blocking(move || make(page));
                // Whoever takes the pages gave up.
                if sender.send((reader.checkpoint(), page)).await.is_err() {
                    return Ok(());
                }
            }
        });
        Self { pages, reading }
    }

    /// What the next page became, and where the log goes on after it; none at the end of the log, as which
    /// an error of the reading never looks.
    pub(crate) async fn next(&mut self) -> Result<Option<(Checkpoint, T)>, StoreError> {
        if let Some((checkpoint, page)) = self.pages.recv().await {
            return Ok(Some((checkpoint, page.await?)));
        }
        (&mut self.reading).await??;
        Ok(None)
    }
}

impl<T> Drop for Replay<T> {
    fn drop(&mut self) {
        self.reading.abort();
    }
}
