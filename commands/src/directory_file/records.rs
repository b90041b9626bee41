use std::io::{Chain, Read};

use csv::{ReaderBuilder, StringRecord};

use super::DirectoryFileError;

/// Chained after the text: a NUL never occurs in it (`checked` refuses it), so a
/// reader that ends without having seen this record was inside an open quote.
const SENTINEL: &[u8] = b"\n\0";

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

const SEPARATOR: &[u8] = b"sep=;";

/// Zip (xlsx, ods), then OLE compound file (xls).
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"];

/// The text of a file without its byte order mark, once known to be text.
pub(super) fn checked(bytes: &[u8]) -> Result<&str, DirectoryFileError> {
    let bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(DirectoryFileError::Empty);
    }
    if WORKBOOKS.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(DirectoryFileError::Workbook);
    }
    if bytes.contains(&0) {
        return Err(DirectoryFileError::Binary);
    }
    std::str::from_utf8(bytes).map_err(|error| DirectoryFileError::NotUtf8 {
        line: 1 + line_breaks(&bytes[..error.valid_up_to()]),
    })
}

/// The records of a `;`-separated text, each with its line number.
pub(super) struct Records<'a> {
    text: &'a [u8],
    reader: csv::Reader<Chain<&'a [u8], &'a [u8]>>,
    record: StringRecord,
    start: usize,
    line: u64,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.as_bytes();
        let reader = ReaderBuilder::new()
            .delimiter(b';')
            .has_headers(false)
            .flexible(true)
            .from_reader(text.chain(SENTINEL));
        Self {
            text,
            reader,
            record: StringRecord::new(),
            start: 0,
            line: 1,
        }
    }

    /// The first record, past the line `sep=;` by which spreadsheets tell each other what parts cells.
    pub(super) fn header(&mut self) -> Result<Option<(u64, &StringRecord)>, DirectoryFileError> {
        let start = self.text.trim_ascii_start().get(..SEPARATOR.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(SEPARATOR)) {
            self.next()?;
        }
        self.next()
    }

    /// The next record and the line on which an editor shows its start.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &StringRecord)>, DirectoryFileError> {
        let more = self
            .reader
            .read_record(&mut self.record)
            .map_err(std::io::Error::from)?;
        if !more {
            return Err(DirectoryFileError::UnclosedQuote { line: self.line });
        }
        if self.record.len() == 1 && &self.record[0] == "\0" {
            return Ok(None);
        }
        self.advance();
        Ok(Some((self.line, &self.record)))
    }

    /// The line numbers of `csv` count only `\n`, and its positions may point
    /// at the `\n` left over from a CRLF or at blank lines before the record.
    fn advance(&mut self) {
        let position = self.record.position().map_or(0, csv::Position::byte);
        let mut start = usize::try_from(position)
            .unwrap_or(self.text.len())
            .clamp(self.start, self.text.len());
        while matches!(self.text.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        self.line += line_breaks(&self.text[self.start..start]);
        self.start = start;
    }
}

/// Line breaks as editors count them: LF, CRLF, or CR alone.
fn line_breaks(bytes: &[u8]) -> u64 {
    let followers = bytes.iter().skip(1).chain(std::iter::once(&0));
    bytes
        .iter()
        .zip(followers)
        .map(|(&byte, &next)| u64::from(byte == b'\n' || (byte == b'\r' && next != b'\n')))
        .sum()
}
