use csv::StringRecord;
use domain::fold::fold;

use super::columns::{Column, FORMATS, Names, REQUIRED};
use super::{DirectoryFileError, Format};

/// Fewer required columns than this and the file is something else altogether.
const RECOGNISED_FROM: usize = 3;

/// A recognised header: which list it is, and where each column stands.
pub(super) struct Layout {
    pub(super) format: Format,
    /// Fields of a whole record.
    pub(super) width: usize,
    /// Optional columns of this list that the file lacks, as the publisher writes them.
    pub(super) absent: Vec<&'static str>,
    bound: Vec<(Column, usize)>,
}

impl Layout {
    /// Recognises the list by its column names, never by their positions.
    pub(super) fn bind(header: &StringRecord) -> Result<Self, DirectoryFileError> {
        let headers: Vec<String> = header.iter().map(normalised).collect();
        let (format, names, bound) = FORMATS
            .iter()
            .map(|&(format, names)| (format, names, positions(names, &headers)))
            .max_by_key(|(_, _, bound)| required(bound))
            .filter(|(_, _, bound)| required(bound) >= RECOGNISED_FROM)
            .ok_or(DirectoryFileError::UnknownHeaders)?;
        if let Some(column) = duplicate(&bound, &headers) {
            let column = header[column].trim().to_owned();
            return Err(DirectoryFileError::DuplicateColumn { column });
        }
        let (missing, absent): (Vec<_>, Vec<_>) = names
            .iter()
            .filter(|(column, _)| bound.iter().all(|(other, _)| other != column))
            .partition(|(column, _)| REQUIRED.contains(column));
        if !missing.is_empty() {
            let columns = publisher_names(&missing);
            return Err(DirectoryFileError::MissingColumns { format, columns });
        }
        let absent = publisher_names(&absent);
        let width = headers.iter().rposition(|name| !name.is_empty());
        let width = width.map_or(0, |last| last + 1);
        Ok(Self {
            format,
            width,
            absent,
            bound,
        })
    }

    /// Where a column stands, if this file has it.
    pub(super) fn position(&self, column: Column) -> Option<usize> {
        self.bound
            .iter()
            .find(|(other, _)| *other == column)
            .map(|&(_, position)| position)
    }
}

fn positions(names: &[Names], headers: &[String]) -> Vec<(Column, usize)> {
    let position = |name: &&str| {
        headers
            .iter()
            .position(|header| *header == normalised(name))
    };
    names
        .iter()
        .filter_map(|(column, names)| Some((*column, names.iter().find_map(position)?)))
        .collect()
}

fn required(bound: &[(Column, usize)]) -> usize {
    bound
        .iter()
        .filter(|(column, _)| REQUIRED.contains(column))
        .count()
}

fn duplicate(bound: &[(Column, usize)], headers: &[String]) -> Option<usize> {
    let is_twice = |at: &usize| headers[at + 1..].contains(&headers[*at]);
    bound.iter().map(|&(_, at)| at).find(is_twice)
}

fn publisher_names(names: &[&Names]) -> Vec<&'static str> {
    names.iter().map(|(_, names)| names[0]).collect()
}

/// `º` is a letter to Unicode, unlike the degree sign that it is typed for.
fn normalised(name: &str) -> String {
    fold(&name.replace('º', " ")).replace(' ', "")
}
