//! The manual of the teaching staff, followed page by page from an empty database: HTTP alone, and
//! the messages from a real mail server.

mod journey;

use std::path::{Path, PathBuf};

use acceptance::{engine::Engine, on_both_engines};
use anyhow::Context as _;

use super::directory::sample;
use journey::Journey;

on_both_engines!(
    the_manual_works_from_an_empty_database,
    #[ignore = "needs the public lists, in the folder that MONSTAGE_REAL_DATA names"]
    the_manual_works_with_the_real_lists,
);

/// What the journey needs to know of a directory.
struct Directory {
    files: Vec<PathBuf>,
    /// What the head types to find the collège.
    search: &'static str,
    uai: &'static str,
    /// Of the official mailbox, and so of the staff.
    domain: &'static str,
    mailbox: &'static str,
    /// Another collège in priority education.
    other: &'static str,
    other_domain: &'static str,
    /// One that is not.
    not_eligible: &'static str,
}

fn samples() -> Directory {
    Directory {
        files: vec![sample("rep-2022.csv"), sample("etablissements.csv")],
        search: "tilleuls valclair",
        uai: "9990001X",
        domain: "ac-demo.test",
        mailbox: "ce.9990001X@ac-demo.test",
        other: "9990002Y",
        other_domain: "ac-demo.test",
        not_eligible: "9990006C",
    }
}

fn real_lists(folder: &Path) -> Directory {
    Directory {
        files: vec![
            folder.join("liste-des-rep-et-rep-rentree-2022.csv"),
            folder.join("liste-etablissements.csv"),
        ],
        search: "Ampere Arles",
        uai: "0132572A",
        domain: "ac-aix-marseille.fr",
        mailbox: "ce.0132572A@ac-aix-marseille.fr",
        other: "0860876K",
        other_domain: "ac-poitiers.fr",
        not_eligible: "0740114X",
    }
}

/// The manual is the promise made to every collège. Whoever follows it must get where it says, and
/// whoever is too early must be told so, with a reason that a page can explain.
async fn the_manual_works_from_an_empty_database(engine: Engine) -> anyhow::Result<()> {
    Journey::begin(engine, samples())
        .await?
        .follow_to_the_end()
        .await
}

/// The same with the directory that the service opens with: its mailboxes, its accents, its size.
async fn the_manual_works_with_the_real_lists(engine: Engine) -> anyhow::Result<()> {
    let folder = std::env::var_os("MONSTAGE_REAL_DATA").context("MONSTAGE_REAL_DATA is not set")?;
    let directory = real_lists(Path::new(&folder));
    Journey::begin(engine, directory)
        .await?
        .follow_to_the_end()
        .await
}
