//! Opening the database, with errors that say what to do.

use std::sync::Arc;

use commands::{Commands, SystemClock};
use store::{Store, StoreError};

use super::{CliError, migrate};
use crate::config::DatabaseSettings;

/// Opens the database as it stands.
pub(super) async fn open(settings: &DatabaseSettings) -> Result<Store, CliError> {
    Store::connect(&settings.database_url, projections::all())
        .await
        .map_err(|error| match error {
            StoreError::Url => CliError::DatabaseUrl,
            error => CliError::Unreachable {
                database: settings.redacted(),
                error,
            },
        })
}

/// Opens a database whose schema is there already, to write to it.
pub(super) async fn open_to_write(settings: &DatabaseSettings) -> Result<Store, CliError> {
    let store = open(settings).await?;
    if migrate::version(&store).await?.is_none() {
        return Err(CliError::NotMigrated);
    }
    store.check_cluster().await?;
    Ok(store)
}

/// Opens the database and brings its schema up to date.
pub(super) async fn open_migrated(settings: &DatabaseSettings) -> Result<Store, CliError> {
    let store = open(settings).await?;
    store.migrate().await?;
    Ok(store)
}

/// The write side, on the machine's clock.
pub(super) fn commands(store: &Store) -> Commands {
    Commands::new(store.clone(), Arc::new(SystemClock))
}
