mod arbitrary;
mod files;
mod headers;
mod lines;
mod rows;

use super::{DirectoryFile, DirectoryFileError, RowNote, read};

type Outcome = Result<(), DirectoryFileError>;

const HEADER: &str = "uai;type_etab;nom_etablissement;code_postal;commune;zone_ep";
const TILLEULS: &str = "9990001X;Collège;Collège les Tilleuls;99950;Valclair;REP";

/// A list of establishments of the given rows.
fn establishments(rows: &[&str]) -> Result<DirectoryFile, DirectoryFileError> {
    read(format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes())
}

/// The message of a file that must be refused as a whole.
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    match read(bytes.as_ref()) {
        Ok(file) => panic!("should have been refused: {file:?}"),
        Err(error) => error.to_string(),
    }
}

fn told(notes: &[RowNote]) -> Vec<(u64, &str)> {
    notes
        .iter()
        .map(|note| (note.line, note.reason.as_str()))
        .collect()
}
