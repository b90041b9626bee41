//! What an import did, for people and for programs.

use std::{collections::BTreeMap, fmt::Write};

use commands::{
    directory_file::{DirectoryFile, RowNote},
    import_directory::ImportOutcome,
};
use serde::Serialize;

use super::changes::Changes;
use crate::command_line::output::count;

/// Reasons shown per file: a damaged file may have one per row.
const MOST_REASONS: usize = 20;

/// Refused rows, details and schools shown without `--verbose`.
const MOST_LINES: usize = 20;

#[derive(Default, Serialize)]
pub(super) struct ImportReport {
    pub(super) files: Vec<FileReport>,
    #[serde(flatten)]
    pub(super) changes: Changes,
}

#[derive(Serialize)]
pub(super) struct FileReport {
    pub(super) file: String,
    pub(super) format: String,
    pub(super) rows: u64,
    pub(super) listed: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    pub(super) skipped: Vec<Line>,
    pub(super) refused: Vec<Line>,
    pub(super) notes: Vec<Line>,
}

#[derive(Serialize)]
pub(super) struct Line {
    pub(super) line: u64,
    pub(super) reason: String,
}

impl FileReport {
    pub(super) fn new(name: String, file: DirectoryFile, imported: &ImportOutcome) -> Self {
        Self {
            file: name,
            format: file.format.to_string(),
            rows: file.rows,
            listed: imported.listed,
            updated: imported.updated,
            unchanged: imported.unchanged,
            skipped: lines(file.skipped),
            refused: lines(file.refused),
            notes: lines(file.notes),
        }
    }

    fn write(&self, text: &mut String, verbose: bool) {
        let Self { file, format, .. } = self;
        let _ = writeln!(text, "{file} ({format})");
        let _ = writeln!(text, "  {}", count(self.rows, "ligne lue", "lignes lues"));
        let _ = writeln!(
            text,
            "  {}, {}, {}",
            count(self.listed, "collège ajouté", "collèges ajoutés"),
            count(self.updated, "mis à jour", "mis à jour"),
            count(self.unchanged, "inchangé", "inchangés"),
        );
        heading(
            text,
            &self.skipped,
            "ligne laissée de côté",
            "lignes laissées de côté",
        );
        if verbose {
            listing(text, &self.skipped, usize::MAX);
        } else {
            by_reason(text, &self.skipped);
        }
        let most = most(verbose);
        heading(text, &self.refused, "ligne refusée", "lignes refusées");
        listing(text, &self.refused, most);
        if !self.notes.is_empty() {
            heading(text, &self.notes, "remarque", "remarques");
            listing(text, &self.notes, most);
        }
    }
}

impl ImportReport {
    /// The text that people read; `verbose` gives every line its own.
    pub(super) fn text(&self, verbose: bool) -> String {
        let mut text = String::new();
        for file in &self.files {
            file.write(&mut text, verbose);
        }
        self.changes.write(&mut text, most(verbose));
        text
    }
}

fn most(verbose: bool) -> usize {
    if verbose { usize::MAX } else { MOST_LINES }
}

fn lines(notes: Vec<RowNote>) -> Vec<Line> {
    let line = |RowNote { line, reason }| Line { line, reason };
    notes.into_iter().map(line).collect()
}

fn heading(text: &mut String, lines: &[Line], singular: &str, plural: &str) {
    let heading = count(lines.len() as u64, singular, plural);
    let colon = if lines.is_empty() { "" } else { " :" };
    let _ = writeln!(text, "  {heading}{colon}");
}

fn listing(text: &mut String, lines: &[Line], most: usize) {
    for Line { line, reason } in lines.iter().take(most) {
        let _ = writeln!(text, "    ligne {line} : {reason}");
    }
    if let Some(more @ 1..) = lines.len().checked_sub(most) {
        let _ = writeln!(
            text,
            "    … et {more} de plus (--verbose les montre toutes)"
        );
    }
}

/// The most frequent reasons, each with the number of its rows.
fn by_reason(text: &mut String, lines: &[Line]) {
    let mut numbers = BTreeMap::<&str, u64>::new();
    for line in lines {
        *numbers.entry(&line.reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = numbers.into_iter().collect();
    reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    for (reason, number) in reasons.iter().take(MOST_REASONS) {
        let _ = writeln!(text, "    {number:>5}  {reason}");
    }
    if let Some((_, rest @ [_, ..])) = reasons.split_at_checked(MOST_REASONS) {
        let rows: u64 = rest.iter().map(|(_, number)| number).sum();
        let _ = writeln!(
            text,
            "    {rows:>5}  autres (--verbose les montre ligne par ligne)"
        );
    }
}
