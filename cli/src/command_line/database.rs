//! Opening the database, with errors that say what to do.

use std::sync::Arc;

use commands::Commands;
use store::{SchemaStatus, Store, StoreError, SystemClock};

use super::error::{CommonError, Result};
use crate::config::DatabaseSettings;

/// Opens the database as it stands; on SQLite, one that is missing is created.
pub(super) async fn open(settings: &DatabaseSettings) -> Result<Store> {
    let store = Store::connect(&settings.database_url, projections::all());
    Ok(store.await.map_err(|error| unreachable(settings, error))?)
}

/// Opens a database that is there, with a schema that this program can work on; changes nothing of it.
pub(super) async fn open_current(settings: &DatabaseSettings) -> Result<Store> {
    let store = Store::connect_existing(&settings.database_url, projections::all());
    let store = store.await.map_err(|error| unreachable(settings, error))?;
    match status(&store).await? {
        None => Err(CommonError::NotMigrated.into()),
        Some(status) if status.is_current() => Ok(store),
        Some(_) => Err(CommonError::OldSchema.into()),
    }
}

fn unreachable(settings: &DatabaseSettings, error: StoreError) -> CommonError {
    match error {
        StoreError::Url => CommonError::DatabaseUrl,
        error => CommonError::Unreachable {
            database: settings.redacted(),
            error,
        },
    }
}

/// The same, to write to it.
pub(super) async fn open_to_write(settings: &DatabaseSettings) -> Result<Store> {
    let store = open_current(settings).await?;
    store.check_cluster().await?;
    Ok(store)
}

/// Opens the database and brings its schema up to date.
pub(super) async fn open_migrated(settings: &DatabaseSettings) -> Result<Store> {
    let store = open(settings).await?;
    store.migrate().await?;
    Ok(store)
}

/// The write side, on the machine's clock, with all that follows from events.
pub(super) fn commands(store: &Store) -> Commands {
    Commands::new(store.clone(), Arc::new(SystemClock), accounts::reactions())
}

/// Where the schema stands; nowhere in a database that was never migrated.
pub(super) async fn status(store: &Store) -> Result<Option<SchemaStatus>, StoreError> {
    match store.schema_status().await {
        Ok(status) => Ok(Some(status)),
        // It answered: what it lacks is the table that says which migrations were applied.
        Err(StoreError::Database(error)) if error.as_database_error().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}
