//! `monstage directory import`: loads or refreshes the school directory.

mod changes;
mod report;
#[cfg(test)]
mod tests;

use std::{fs::File, io::stdin};

use commands::{
    By, Commands,
    directory_file::{self, DirectoryFile, DirectoryFileError},
    import_directory::ImportDirectory,
};
use domain::{ids::CorrelationId, values::Uai};
use projections::directory::{self, DirectoryEntry};
use store::{Store, StoreError};

use changes::{Changes, Named};
use report::{FileReport, ImportReport};

use super::{
    database,
    error::{CommonError, Exit, Failure, Result},
    output::{CommonOptions, count},
    progress::bar,
};

#[derive(clap::Args)]
pub(super) struct Options {
    /// Public lists of schools, semicolon-separated UTF-8; - reads standard input
    ///
    /// Three are known: the ministry's list of REP and REP+ schools, the list of collèges and lycées,
    /// and the export of the "Annuaire de l'éducation". Every file is checked before anything is
    /// written, then each is imported whole or not at all. Importing a file again changes nothing.
    ///
    /// A collège that a file calls closed takes no newcomers. Those that no file of the import names, or that
    /// seem to have got another number, are told of and stay as they are: give all lists of a year at once.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Also print the line of every skipped row and of every detail left out
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Debug, thiserror::Error)]
enum ImportError {
    /// Nothing was written.
    #[error("aucun fichier n'a été importé :{}", each(.0))]
    Files(Vec<(String, DirectoryFileError)>),
    #[error(
        "{source}\n{done} fichier(s) importé(s) avant l'échec : relancez la commande pour finir"
    )]
    Undone { done: usize, source: CommonError },
}

impl Failure for ImportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Files(_) => Exit::Refused,
            Self::Undone { .. } => Exit::Incomplete,
        }
    }
}

fn each(files: &[(String, DirectoryFileError)]) -> String {
    files.iter().fold(String::new(), |list, (file, error)| {
        list + "\n  " + file + " : " + &error.to_string()
    })
}

pub(super) async fn run(options: Options) -> Result {
    let files = read_all(options.files)?;
    let store = database::open_migrated(&options.common.database).await?;
    let (report, result) = import(&store, files).await;
    store.close().await;
    let verbose = options.verbose;
    if result.is_ok() || !report.files.is_empty() {
        options
            .common
            .format
            .print(&report, |report| report.text(verbose))?;
    }
    result
}

type NamedFile = (String, DirectoryFile);

/// Reads every file, so that a bad one stops all of them before the first is written.
fn read_all(names: Vec<String>) -> Result<Vec<NamedFile>> {
    let mut files = Vec::new();
    let mut bad = Vec::new();
    for name in names {
        match read(&name) {
            Ok(file) => files.push((name, file)),
            Err(error) => bad.push((name, error)),
        }
    }
    if bad.is_empty() {
        Ok(files)
    } else {
        Err(ImportError::Files(bad).into())
    }
}

fn read(name: &str) -> Result<DirectoryFile, DirectoryFileError> {
    if name == "-" {
        directory_file::read(stdin().lock())
    } else {
        directory_file::read(File::open(name)?)
    }
}

/// Imports the files, and tells what became of the schools that were known before.
async fn import(store: &Store, files: Vec<NamedFile>) -> (ImportReport, Result) {
    let mut named = Named::default();
    for (_, file) in &files {
        named.add(file);
    }
    let known = match schools(store).await {
        Ok(known) => known.into_iter().map(|school| school.uai).collect(),
        Err(error) => return (ImportReport::default(), Err(error.into())),
    };
    let mut closed = Vec::new();
    let commands = database::commands(store);
    let (mut report, result) = import_all(&commands, files, &mut closed).await;
    match schools(store).await {
        Ok(directory) if result.is_ok() => {
            report.changes = Changes::new(&known, &directory, &named, &closed);
        }
        Err(error) if result.is_ok() => return (report, Err(error.into())),
        _ => {}
    }
    (report, result)
}

async fn schools(store: &Store) -> Result<Vec<DirectoryEntry>, StoreError> {
    let mut reader = store.reader().await?;
    directory::all(&mut reader.conn()).await
}

/// Imports the files in the order given, each in a transaction of its own, up to the first that
/// fails; and says which schools were closed.
async fn import_all(
    commands: &Commands,
    files: Vec<NamedFile>,
    closed: &mut Vec<Uai>,
) -> (ImportReport, Result) {
    let by = By::system(CorrelationId::new(commands.clock().new_uuid()));
    // A file is written in one piece: the spinner shows that the work goes on meanwhile.
    let template = "{spinner} [{bar:30}] {pos}/{len} lignes, {elapsed} · {wide_msg}";
    let bar = bar(files.iter().map(|(_, file)| file.rows).sum(), template);
    let mut report = ImportReport::default();
    let mut result = Ok(());
    for (name, mut file) in files {
        let schools = count(file.schools.len() as u64, "collège", "collèges");
        bar.set_message(format!("{name} : {schools}"));
        if bar.is_hidden() {
            eprintln!("{name} : import de {schools}…");
        }
        let schools = std::mem::take(&mut file.schools);
        let import = ImportDirectory {
            schools: schools
                .into_iter()
                .map(|row| (row.uai, row.update))
                .collect(),
            closed: file.closed.clone(),
        };
        match commands.execute(&by, &import).await {
            Ok(imported) => {
                bar.inc(file.rows);
                closed.extend_from_slice(&imported.closed);
                report.files.push(FileReport::new(name, file, &imported));
            }
            Err(error) => {
                result = Err(failed(report.files.len(), error.into()));
                break;
            }
        }
    }
    bar.finish_and_clear();
    (report, result)
}

/// An import that fails half-way is resumed by running it again; one that did nothing just failed.
fn failed(done: usize, source: CommonError) -> Box<dyn Failure> {
    if done == 0 {
        source.into()
    } else {
        ImportError::Undone { done, source }.into()
    }
}
