//! `monstage audit seals`: the seals over the log.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::Serialize;
use store::{Clock as _, Store, StoreError, SystemClock, seals::Seal};

use super::super::{
    database,
    error::{Exit, Failure, FileError, Result},
    output::{self, CommonOptions},
};
use crate::sealer::SEAL_SIZE;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in super::super) struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show this many seals at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Seal what is left, and write the latest seal to a small file, to be kept elsewhere
    Export(Export),
}

#[derive(clap::Args)]
struct Export {
    /// Where to write it: a file that is not there yet, or - for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct SealList {
    seals: Vec<Seal>,
}

#[derive(Debug, thiserror::Error)]
#[error("le journal est vide : il n'y a rien à sceller")]
struct NothingToSeal;

impl Failure for NothingToSeal {
    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

pub(in super::super) async fn run(options: Options) -> Result {
    match options.action {
        Some(Action::Export(export)) => export.run().await,
        None => {
            let store = database::open_current(&options.common.database).await?;
            let seals = latest(&store, options.limit).await?;
            store.close().await;
            options.common.format.print(&SealList { seals }, text)
        }
    }
}

/// Newest first.
async fn latest(store: &Store, limit: u32) -> Result<Vec<Seal>, StoreError> {
    let last = store.latest_seal().await?.map_or(0, |seal| seal.number);
    let mut seals = store.seals(last - i64::from(limit), limit).await?;
    seals.reverse();
    Ok(seals)
}

fn text(report: &SealList) -> String {
    if report.seals.is_empty() {
        return "Aucun sceau.\n".to_owned();
    }
    let mut text =
        " Sceau  Événements  Jusqu'à la position  Scellé le (UTC)      Empreinte\n".to_owned();
    for seal in &report.seals {
        let _ = writeln!(
            text,
            "{:>6}  {:>10}  {:>19}  {}  {:.16}",
            seal.number,
            seal.events,
            seal.position,
            seal.sealed_at.format("%d/%m/%Y %H:%M:%S"),
            seal.hash,
        );
    }
    text
}

impl Export {
    async fn run(self) -> Result {
        let store = database::open_to_write(&self.common.database).await?;
        let seal = store.seal_all(SystemClock.now(), SEAL_SIZE).await?;
        store.close().await;
        let seal = seal.ok_or(NothingToSeal)?;
        let file = seal.to_file().map_err(io::Error::from)?;
        if self.file == Path::new("-") {
            return output::print(&file);
        }
        write_new(&self.file, &file).map_err(|error| FileError {
            file: self.file.clone(),
            error,
        })?;
        self.common.format.print(&seal, |seal| {
            format!(
                "Sceau {}, jusqu'à la position {}, écrit dans {} : gardez ce fichier hors de portée \
                 de qui peut écrire dans la base.\n",
                seal.number,
                seal.position,
                self.file.display()
            )
        })
    }
}

/// A seal that was kept is never written over.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
