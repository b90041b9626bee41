//! The sealer: seals the log in the background. Each server has one; whoever is first makes a seal.

use std::{future::Future, time::Duration};

use commands::Commands;
use store::{StoreError, seals::Seal};

use crate::upkeep::again_and_again;

/// How long events wait at most to be sealed.
const EVERY: Duration = Duration::from_secs(1);

/// How many events a seal covers at most: few enough to look through when it does not hold.
pub const SEAL_SIZE: u32 = 1_000;

/// Seals what is appended until `stop` is ready.
pub async fn run(commands: Commands, stop: impl Future<Output = ()>) {
    let seal = |commands: Commands| async move { seal(&commands).await };
    again_and_again("sealing the log", EVERY, commands, stop, seal).await;
}

/// Seals what a moment is enough for. Whether there may be more.
async fn seal(commands: &Commands) -> Result<bool, StoreError> {
    let store = commands.store();
    let sealed = store.seal(commands.clock().now(), SEAL_SIZE).await?;
    let full = sealed
        .as_ref()
        .is_some_and(|seal| seal.events == i64::from(SEAL_SIZE));
    let latest = match sealed {
        Some(seal) => Some(seal),
        None => store.latest_seal().await?,
    };
    let sealed_up_to = latest.as_ref().map_or(0, |seal: &Seal| seal.position);
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("monstage_seal_lag").set((store.head().await? - sealed_up_to).max(0) as f64);
    Ok(full)
}
