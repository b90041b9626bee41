//! `monstage migrate`: the schema, and nothing else.

use serde::Serialize;
use store::{Store, StoreError};

use super::{database, error::Result, output::CommonOptions};

#[derive(clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Serialize)]
struct SchemaChange {
    before: Option<i64>,
    after: Option<i64>,
}

pub(super) async fn run(options: Options) -> Result {
    let store = database::open(&options.common.database).await?;
    let before = version(&store).await?;
    store.migrate().await?;
    let after = version(&store).await?;
    store.close().await;
    options
        .common
        .format
        .print(&SchemaChange { before, after }, text)
}

/// The schema's version; nothing in a database that was never migrated.
async fn version(store: &Store) -> Result<Option<i64>, StoreError> {
    let status = database::status(store).await?;
    Ok(status.and_then(|status| status.applied))
}

fn text(report: &SchemaChange) -> String {
    let name =
        |version: Option<i64>| version.map_or_else(|| "aucune".to_owned(), |v| v.to_string());
    let (before, after) = (name(report.before), name(report.after));
    if before == after {
        format!("Schéma déjà à jour : version {after}.\n")
    } else {
        format!("Schéma mis à jour : version {before} avant, version {after} maintenant.\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An operator reads this line to know whether an upgrade did something.
    #[test]
    fn the_report_tells_an_upgrade_from_nothing_to_do() {
        let upgraded = text(&SchemaChange {
            before: None,
            after: Some(3),
        });
        let current = text(&SchemaChange {
            before: Some(3),
            after: Some(3),
        });

        assert_eq!(
            upgraded,
            "Schéma mis à jour : version aucune avant, version 3 maintenant.\n"
        );
        assert_eq!(current, "Schéma déjà à jour : version 3.\n");
    }
}
