//! `monstage audit verify`: whether the log, the read models and the seals agree.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use projections::verify::{Verified, verify};
use serde_json::{Value, json};
use store::{
    Excerpt, TableDifference,
    seals::{BrokenSeal, Fault, Outside, Seal, SealFileError},
};

use crate::command_line::{
    database,
    error::{Exit, Failure, Result},
    output::{self, CommonOptions, count},
    progress::Progress,
};

#[derive(clap::Args)]
pub(in crate::command_line) struct Options {
    /// A file that `audit seals export` wrote: check that the log up to that seal is what it was
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error("{file} ne se lit pas ({error}) : vérifiez son nom et ses droits")]
    Unreadable { file: PathBuf, error: io::Error },
    #[error(
        "{file} n'est pas un sceau conservé ({error}) : donnez un fichier écrit par « monstage audit \
         seals export »"
    )]
    SealFile { file: PathBuf, error: SealFileError },
    #[error("la vérification a trouvé {}", output::count(*.0, "anomalie", "anomalies"))]
    Unsound(u64),
}

impl Failure for VerifyError {
    fn exit(&self) -> Exit {
        match self {
            Self::Unsound(_) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

pub(in crate::command_line) async fn run(options: Options) -> Result {
    let outside = options.against.as_deref().map(read_seal).transpose()?;
    let store = database::open_current(&options.common.database).await?;
    let progress = Progress::start(store.head().await?);
    let found = verify(&store, outside, |events| progress.at(events)).await?;
    progress.finish();
    store.close().await;
    let faults = faults(&found);
    if options.common.format.json {
        output::print(&(json(&found, &faults.lines).to_string() + "\n"))?;
    } else {
        output::print(&text(&found, &faults.lines))?;
    }
    match faults.count {
        0 => Ok(()),
        faults => Err(VerifyError::Unsound(faults).into()),
    }
}

fn read_seal(file: &Path) -> Result<Seal, VerifyError> {
    let text = fs::read_to_string(file).map_err(|error| VerifyError::Unreadable {
        file: file.to_owned(),
        error,
    })?;
    Seal::from_file(&text).map_err(|error| VerifyError::SealFile {
        file: file.to_owned(),
        error,
    })
}

/// What is wrong, one thing a line, as far as it is shown.
#[derive(Default)]
struct Faults {
    lines: Vec<String>,
    count: u64,
}

impl Faults {
    fn add(&mut self, line: String) {
        self.lines.push(line);
        self.count += 1;
    }

    /// Things of one kind, each with its line; those not shown, with `what` they are.
    fn list<T>(&mut self, excerpt: &Excerpt<T>, what: &str, line: impl Fn(&T) -> String) {
        self.lines.extend(excerpt.first.iter().map(line));
        self.count += excerpt.all;
        if excerpt.more() > 0 {
            self.lines
                .push(format!("{what} : et {} de plus", excerpt.more()));
        }
    }
}

fn faults(found: &Verified) -> Faults {
    let mut faults = Faults::default();
    faults.list(
        &found.unreadable,
        "événements qui ne se lisent pas",
        |event| {
            format!(
                "position {} : l'événement ne se lit pas ({})",
                event.position, event.error
            )
        },
    );
    faults.list(
        &found.seals.altered,
        "événements qui diffèrent de leur empreinte",
        |position| {
            format!(
                "position {position} : l'événement diffère de l'empreinte prise quand il a été ajouté ; \
                 l'un des deux a été modifié"
            )
        },
    );
    faults.list(&found.misdated, "instants écrits autrement", |event| {
        format!(
            "position {} : l'instant est écrit « {} », autrement que le programme ne l'écrit : les \
             recherches par date s'y trompent",
            event.position, event.instant
        )
    });
    faults.list(&found.unreached, "événements hors du journal", |event| {
        format!(
            "{}, événement {} : en position {}, hors de l'ordre du journal, où rien ne le lit",
            event.stream, event.number, event.position
        )
    });
    faults.list(&found.misnumbered, "événements hors de leur rang", |stream| {
        format!(
            "{} : l'événement {} manque ou n'est pas à sa place ; en position {} se trouve le numéro {}",
            stream.stream, stream.expected, stream.position, stream.found
        )
    });
    if let Some(event) = &found.contradiction {
        faults.add(format!(
            "position {}, ou un peu avant : le journal dit ce que les projections ne peuvent contenir ({}) ; \
             elles ne sont pas comparées",
            event.position, event.error
        ));
    }
    for seal in &found.seals.broken {
        faults.add(broken(seal));
    }
    if let Some(fault) = outside(found.seals.outside) {
        faults.add(fault);
    }
    for table in &found.tables {
        rows(table, &mut faults);
    }
    faults
}

fn broken(seal: &BrokenSeal) -> String {
    let mut faults: Vec<String> = seal.faults.iter().map(fault).collect();
    faults.extend(seal.or_previous.map(|previous| {
        format!(
            "à moins que ce ne soit sous le sceau {}, positions {} à {}, récrit avec ses événements",
            previous.number, previous.first, previous.last
        )
    }));
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

fn rows(table: &TableDifference, faults: &mut Faults) {
    let unfounded = format!("{} : le journal ne dit pas cela", table.table);
    faults.list(&table.unfounded, &unfounded, |row| {
        format!("{unfounded} : {row}")
    });
    let missing = format!("{} : le journal dit cela, et la table non", table.table);
    faults.list(&table.missing, &missing, |row| format!("{missing} : {row}"));
}

fn text(found: &Verified, faults: &[String]) -> String {
    let mut text = format!(
        "Journal : {} dans {}\n",
        count(found.events, "événement", "événements"),
        count(found.streams, "suite", "suites"),
    );
    let tables = found.tables.iter();
    let tables: Vec<_> = tables
        .map(|it| format!("{} {}", it.table, it.rows))
        .collect();
    if !tables.is_empty() {
        let _ = writeln!(text, "Projections, en lignes : {}", tables.join(", "));
    }
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
    let tables = found.tables.iter().map(|table| (table.table, table.rows));
    json!({
        "sound": found.is_sound(),
        "events": found.events,
        "streams": found.streams,
        "rows": tables.collect::<BTreeMap<_, _>>(),
        "seals": found.seals.seals,
        "sealed_events": found.seals.sealed_events,
        "unsealed_events": found.seals.unsealed_events,
        "faults": faults,
    })
}
