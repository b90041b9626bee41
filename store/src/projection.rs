//! What an append runs in its own transaction besides writing events.

use async_trait::async_trait;

use crate::{Conn, EventRecord, StoreError};

/// A read model that changes in the transaction of the events.
#[async_trait]
pub trait Projection: Send + Sync {
    /// Its name, for `projections status` and `rebuild`.
    fn name(&self) -> &'static str;

    /// The tables it owns: rebuilding it means filling them from the log alone.
    fn tables(&self) -> &'static [&'static str];

    /// Changes the read model by `events`, given in the order of the log.
    ///
    /// The same function serves one staff action and a replay of thousands: it must give the same
    /// rows however the log is cut into calls.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unique`] where a rule over sets refuses the action.
    async fn apply(&self, conn: &mut Conn<'_>, events: &[EventRecord]) -> Result<(), StoreError>;
}

/// Rows that must change together with the events of an action but do not follow from them:
/// personal data, an account, a message to send.
#[async_trait]
pub trait Write: Send + Sync {
    /// Writes them. May be called again when the action is decided again.
    ///
    /// # Errors
    ///
    /// As the database gives them; the whole action is then undone.
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError>;
}
