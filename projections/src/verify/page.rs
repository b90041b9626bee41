//! A page of the log as it is examined, on a thread of its own.

use store::{Change, EventRecord, LogPage, Store, StoreError};

use super::verified::{Misdated, Unreadable};

/// A page of the log, with what it changes as far as it can be read.
pub(super) struct Examined {
    pub(super) page: LogPage,
    pub(super) changes: Vec<Change>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) misdated: Vec<Misdated>,
}

impl Examined {
    pub(super) fn new(
        page: LogPage,
        store: &Store,
        tables: &[&'static str],
    ) -> Result<Self, StoreError> {
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
