//! The list of those who were erased, as a file: one JSON object a line.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
};

use accounts::erasing::Person;
use projections::erasures::{self, Erasure};
use serde::Serialize;
use store::Store;

use super::error::EraseError;
use crate::command_line::{
    error::Result,
    output::{Format, count},
    whole_file::WholeFile,
};

#[derive(Serialize)]
struct ListExport {
    file: String,
    erasures: usize,
}

pub(super) async fn export(store: &Store, file: &Path, format: Format) -> Result {
    let erasures = erasures::all(&mut store.reader().await?.conn()).await?;
    write(file, &erasures).map_err(|error| EraseError::ListFile {
        file: file.to_owned(),
        error,
    })?;
    let report = ListExport {
        file: file.display().to_string(),
        erasures: erasures.len(),
    };
    format.print(&report, |report| {
        let number = count(report.erasures as u64, "effacement", "effacements");
        format!("{} : {number}\n", report.file)
    })
}

fn write(file: &Path, erasures: &[Erasure]) -> std::io::Result<()> {
    let mut file = WholeFile::create(file)?;
    for erasure in erasures {
        serde_json::to_writer(&mut file.writer, erasure)?;
        file.writer.write_all(b"\n")?;
    }
    file.finish()
}

/// Reads a list, to its end before anybody is erased. Empty lines are left alone.
pub(super) fn read(file: &Path) -> Result<Vec<Person>, EraseError> {
    let unreadable = |error| EraseError::ListFile {
        file: file.to_owned(),
        error,
    };
    let mut people = Vec::new();
    let lines = BufReader::new(File::open(file).map_err(unreadable)?).lines();
    for (index, line) in lines.enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let erasure: Erasure =
            serde_json::from_str(&line).map_err(|error| EraseError::ListLine {
                file: file.to_owned(),
                line: index + 1,
                error,
            })?;
        people.push(Person::from(&erasure));
    }
    Ok(people)
}
