//! The history as a file, however long: read and written page by page.

use std::{borrow::Cow, io};

use futures::{Stream, stream};
use projections::history::{self, Filter};
use store::{Checkpoint, Store, StoreError};

use crate::views::HistoryEventView;

/// How many events are in memory at once.
pub const PAGE: i64 = 1_000;

/// The first line of a CSV file: what JSON calls `actor.id` is `actor_id` here.
const COLUMNS: [&str; 14] = [
    "position",
    "recorded_at",
    "time_zone",
    "type",
    "establishment",
    "class",
    "student",
    "actor_id",
    "actor_name",
    "actor_role",
    "command_id",
    "correlation_id",
    "data",
    "summary",
];

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated values, with a first line of names.
    Csv,
    /// One JSON object per line.
    Ndjson,
}

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// An export under way.
///
/// Holds no connection between two pages: whoever reads it may be slow.
pub struct Export {
    store: Store,
    filter: Filter,
    form: Form,
    /// How many events may still come.
    left: i64,
    before: Option<Checkpoint>,
    begun: bool,
}

impl Export {
    /// Everything of this filter before a place in the log, or the `limit` newest of it.
    #[must_use]
    pub fn new(
        store: Store,
        filter: Filter,
        form: Form,
        before: Option<Checkpoint>,
        limit: Option<i64>,
    ) -> Self {
        Self {
            store,
            filter,
            form,
            left: limit.unwrap_or(i64::MAX),
            before,
            begun: false,
        }
    }

    /// The next piece; none when everything was given.
    ///
    /// # Errors
    ///
    /// The log cannot be read, or an event not be written.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        let limit = self.left.min(PAGE);
        let mut reader = self.store.reader().await?;
        let page = history::page(&mut reader.conn(), &self.filter, self.before, limit).await?;
        let begins = !std::mem::replace(&mut self.begun, true);
        let Some(last) = page.last() else {
            let header = begins.then(|| self.write(true, Vec::new())).transpose()?;
            return Ok(header.filter(|header| !header.is_empty()));
        };
        self.before = Some(last.checkpoint);
        self.left -= i64::try_from(page.len()).unwrap_or(self.left);
        let events = page.into_iter().map(Into::into).collect();
        Ok(Some(self.write(begins, events)?))
    }

    /// All pieces, as they are asked for.
    pub fn pieces(self) -> impl Stream<Item = Result<Vec<u8>, ExportError>> {
        stream::try_unfold(self, async |mut export| {
            let piece = export.next().await?;
            Ok(piece.map(|piece| (piece, export)))
        })
    }

    fn write(&self, begins: bool, events: Vec<HistoryEventView>) -> io::Result<Vec<u8>> {
        match self.form {
            Form::Csv => csv(begins, events),
            Form::Ndjson => ndjson(&events),
        }
    }
}

fn ndjson(events: &[HistoryEventView]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn csv(begins: bool, events: Vec<HistoryEventView>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if begins {
        writer.write_record(COLUMNS)?;
    }
    for event in events {
        let text = |id: Option<String>| id.unwrap_or_default();
        writer.write_record([
            event.position.to_string(),
            event
                .recorded_at
                .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            event.time_zone.to_owned(),
            event.r#type.to_owned(),
            event.establishment.to_string(),
            text(event.class.map(|id| id.to_string())),
            text(event.student.map(|id| id.to_string())),
            event.actor.id.to_string(),
            defused(&text(event.actor.name)).into_owned(),
            event.actor.role.to_string(),
            event.command_id.to_string(),
            event.correlation_id.to_string(),
            event.data.to_string(),
            defused(&event.summary).into_owned(),
        ])?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// A spreadsheet takes a text that begins like this for a formula, and runs it; people choose their
/// own names.
fn defused(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::defused;

    /// An administrator opens the export in a spreadsheet: a person who signed up as `=HYPERLINK(…)`
    /// must not get a formula run there. Ordinary names stay as they are.
    #[test]
    fn a_name_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(defused(formula), format!("'{formula}"));
        }
        for name in ["Anne-Marie Le Goff", "Le système", "", "3 = 4"] {
            assert_eq!(defused(name), name);
        }
    }
}
