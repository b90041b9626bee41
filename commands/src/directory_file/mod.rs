//! The reader of the public school lists, as their publishers ship them.
//!
//! It knows three lists: the ministry's REP and REP+ schools, the list of collèges and lycées,
//! and the export of the "Annuaire de l'éducation". All are `;`-separated UTF-8; their headers
//! and column order change over the years. It touches no database: it says what a file lists,
//! and why each other row is not listed.

mod columns;
mod error;
mod layout;
mod records;
mod row;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::Read;

use csv::StringRecord;
use domain::establishment::ListingUpdate;
use domain::values::Uai;

pub use columns::Format;
pub use error::DirectoryFileError;

use layout::Layout;
use records::Records;
use row::{Rejection, School};

/// What a file lists. Every row is in exactly one of `schools`, `skipped` and `refused`, each in
/// the order of the file.
#[derive(Debug)]
pub struct DirectoryFile {
    pub format: Format,
    /// Rows under the header, blank lines aside.
    pub rows: u64,
    /// The collèges, each once.
    pub schools: Vec<DirectoryRow>,
    /// The collèges that it says are closed, and does not list.
    pub closed: Vec<Uai>,
    /// Rows with nothing wrong that list no collège: another type of school, one that is closed,
    /// or a row that is there twice.
    pub skipped: Vec<RowNote>,
    /// Rows that cannot be listed as they stand.
    pub refused: Vec<RowNote>,
    /// Details left out of rows that are listed all the same, and on line 1 the optional columns
    /// that the file should have and lacks.
    pub notes: Vec<RowNote>,
}

/// A collège as a file lists it.
#[derive(Debug)]
pub struct DirectoryRow {
    /// Where it starts, as an editor counts lines: the header is line 1.
    pub line: u64,
    pub uai: Uai,
    /// What the file says of it. What it is silent about is `None`.
    pub update: ListingUpdate,
}

/// Something to tell about a row.
#[derive(Debug, PartialEq, Eq)]
pub struct RowNote {
    /// Where it starts, as an editor counts lines: the header is line 1.
    pub line: u64,
    /// In French, for the person who runs the import.
    pub reason: String,
}

/// Reads a list whole: a file that is refused has told nothing.
pub fn read(mut input: impl Read) -> Result<DirectoryFile, DirectoryFileError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let mut records = Records::new(records::checked(&bytes)?);
    let (line, header) = records.header()?.ok_or(DirectoryFileError::Empty)?;
    let layout = Layout::bind(header)?;
    let mut listing = Listing::new(line, &layout);
    while let Some((line, record)) = records.next()? {
        listing.add(line, record);
    }
    Ok(listing.finish())
}

struct Listing<'a> {
    layout: &'a Layout,
    file: DirectoryFile,
    /// Where in the list each school is that it lists.
    seen: HashMap<Uai, usize>,
}

impl<'a> Listing<'a> {
    fn new(header_line: u64, layout: &'a Layout) -> Self {
        let absent = layout.absent.iter().map(|column| RowNote {
            line: header_line,
            reason: format!("colonne « {column} » absente"),
        });
        let file = DirectoryFile {
            format: layout.format,
            rows: 0,
            schools: Vec::new(),
            closed: Vec::new(),
            skipped: Vec::new(),
            refused: Vec::new(),
            notes: absent.collect(),
        };
        Self {
            layout,
            file,
            seen: HashMap::new(),
        }
    }

    fn add(&mut self, line: u64, record: &StringRecord) {
        self.file.rows += 1;
        match row::school(self.layout, record) {
            Ok(school) => self.list(line, school),
            Err(Rejection::Closed(uai, reason)) => {
                self.file.closed.push(uai);
                self.file.skipped.push(RowNote { line, reason });
            }
            Err(Rejection::Skipped(reason)) => self.file.skipped.push(RowNote { line, reason }),
            Err(Rejection::Refused(reason)) => self.file.refused.push(RowNote { line, reason }),
        }
    }

    fn list(&mut self, line: u64, school: School) {
        let School { uai, update, notes } = school;
        if let Some(first) = self.seen.get(&uai) {
            self.repeat(line, *first, &update);
            return;
        }
        self.seen.insert(uai.clone(), self.file.schools.len());
        let notes = notes.into_iter().map(|reason| RowNote { line, reason });
        self.file.notes.extend(notes);
        self.file.schools.push(DirectoryRow { line, uai, update });
    }

    /// The first row of a school counts. One that says something else is refused, since nobody here knows
    /// which of the two is right.
    fn repeat(&mut self, line: u64, first: usize, update: &ListingUpdate) {
        let first = &self.file.schools[first];
        let seen = format!("UAI {} déjà vu ligne {}", first.uai, first.line);
        let different = row::differences(&first.update, update);
        if different.is_empty() {
            self.file.skipped.push(RowNote { line, reason: seen });
        } else {
            let different = different.join(", ");
            let reason = format!("{seen}, qui compte ; ici, autre chose pour {different}");
            self.file.refused.push(RowNote { line, reason });
        }
    }

    /// A school that is closed in one row and open in another is open.
    fn finish(mut self) -> DirectoryFile {
        let seen = &self.seen;
        self.file.closed.retain(|uai| !seen.contains_key(uai));
        self.file
    }
}
