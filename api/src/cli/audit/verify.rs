//! `monstage audit verify`: whether the log, the read models and the seals agree.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use projections::verify::{Verified, verify};
use serde_json::{Value, json};
use store::{
    TableDifference,
    seals::{BrokenSeal, Fault, Outside, Seal, SealFile},
};

use crate::{
    cli::{
        CliError, database, migrate,
        output::{self, Format, count},
        progress::Progress,
    },
    config::DatabaseSettings,
};

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// A file that `audit seals export` wrote: check that the log up to that seal is what it was
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    format: Format,
}

pub(in crate::cli) async fn run(options: Options) -> Result<(), CliError> {
    let outside = options.against.as_deref().map(read_seal).transpose()?;
    let store = database::open(&options.database).await?;
    if migrate::version(&store).await?.is_none() {
        return Err(CliError::NotMigrated);
    }
    let progress = Progress::start(store.head().await?);
    let found = verify(&store, outside, |events| progress.at(events)).await?;
    progress.finish();
    store.close().await;
    let faults = faults(&found);
    if options.format.json {
        output::print(&(json(&found, &faults).to_string() + "\n"))?;
    } else {
        output::print(&text(&found, &faults))?;
    }
    match faults.len() {
        0 => Ok(()),
        faults => Err(CliError::Unsound(faults)),
    }
}

fn read_seal(file: &Path) -> Result<Seal, CliError> {
    let text = fs::read_to_string(file).map_err(|error| CliError::Unreadable {
        file: file.display().to_string(),
        error,
    })?;
    SealFile::parse(&text).map_err(|error| CliError::SealFile {
        file: file.display().to_string(),
        error,
    })
}

/// What is wrong, one thing a line.
fn faults(found: &Verified) -> Vec<String> {
    let mut faults = Vec::new();
    for event in &found.unreadable {
        faults.push(format!(
            "position {} : l'événement ne se lit pas ({})",
            event.position, event.error
        ));
    }
    if found.unreached > 0 {
        faults.push(format!(
            "{} hors de l'ordre du journal, où rien ne les lit (position nulle ou négative)",
            count(found.unreached, "événement", "événements")
        ));
    }
    for stream in &found.misnumbered {
        faults.push(format!(
            "{} : l'événement {} manque ou n'est pas à sa place ; en position {} se trouve le numéro {}",
            stream.stream, stream.expected, stream.position, stream.found
        ));
    }
    faults.extend(found.seals.broken.iter().map(broken));
    faults.extend(outside(found.seals.outside));
    for table in &found.tables {
        rows(table, &mut faults);
    }
    faults
}

fn broken(seal: &BrokenSeal) -> String {
    let faults: Vec<String> = seal.faults.iter().map(fault).collect();
    format!(
        "sceau {}, positions {} à {} : {}",
        seal.number,
        seal.first,
        seal.last,
        faults.join(" ; ")
    )
}

fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Number { expected } => {
            format!("il devrait porter le numéro {expected}, des sceaux ont été retirés")
        }
        Fault::Events { sealed, found } => format!(
            "il couvre {}, il s'en trouve {found}",
            count(
                u64::try_from(*sealed).unwrap_or_default(),
                "événement",
                "événements"
            )
        ),
        Fault::EndMissing => "le dernier événement qu'il couvre n'est plus là".to_owned(),
        Fault::Hash => {
            "un événement a été modifié, retiré, ajouté ou déplacé, ou le sceau récrit".to_owned()
        }
        Fault::Rewritten => {
            "le sceau a été récrit ; les événements qu'il couvre sont ceux qui ont été scellés"
                .to_owned()
        }
    }
}

fn outside(outside: Option<Outside>) -> Option<String> {
    match outside? {
        Outside::Holds => None,
        Outside::Differs => Some(
            "sceau conservé ailleurs : le journal ou ses sceaux ont été récrits avant ce sceau"
                .to_owned(),
        ),
        Outside::Missing => Some(
            "sceau conservé ailleurs : la base n'a pas de tel sceau ; des sceaux ont été retirés, \
             ou le fichier vient d'une autre base"
                .to_owned(),
        ),
    }
}

fn rows(table: &TableDifference, faults: &mut Vec<String>) {
    let name = table.table;
    for row in &table.unfounded {
        faults.push(format!("{name} : le journal ne dit pas cela : {row}"));
    }
    for row in &table.missing {
        faults.push(format!(
            "{name} : le journal dit cela, et la table non : {row}"
        ));
    }
}

fn text(found: &Verified, faults: &[String]) -> String {
    let mut text = format!(
        "Journal : {} dans {}\n",
        count(found.events, "événement", "événements"),
        count(found.streams, "suite", "suites"),
    );
    let tables: Vec<_> = found
        .tables
        .iter()
        .map(|table| format!("{} {}", table.table, table.rows))
        .collect();
    let _ = writeln!(text, "Projections, en lignes : {}", tables.join(", "));
    let _ = writeln!(
        text,
        "Sceaux : {} sur {}, {} à sceller",
        found.seals.seals,
        count(found.seals.sealed_events, "événement", "événements"),
        found.seals.unsealed_events,
    );
    if found.seals.outside == Some(Outside::Holds) {
        text.push_str("Sceau conservé ailleurs : le journal est le même jusqu'à lui\n");
    }
    if faults.is_empty() {
        text.push_str("Tout concorde.\n");
    }
    for fault in faults {
        let _ = writeln!(text, "ANOMALIE  {fault}");
    }
    text
}

fn json(found: &Verified, faults: &[String]) -> Value {
    let tables: serde_json::Map<String, Value> = found
        .tables
        .iter()
        .map(|table| (table.table.to_owned(), table.rows.into()))
        .collect();
    json!({
        "sound": faults.is_empty(),
        "events": found.events,
        "streams": found.streams,
        "rows": tables,
        "seals": found.seals.seals,
        "sealed_events": found.seals.sealed_events,
        "unsealed_events": found.seals.unsealed_events,
        "faults": faults,
    })
}
