//! The sealer: seals the log in the background. Each server has one; whoever is first makes a seal.

use std::{future::Future, pin::pin, time::Duration};

use commands::Commands;
use store::{StoreError, seals::Seal};
use tokio::time::sleep;

/// How long events wait at most to be sealed.
const EVERY: Duration = Duration::from_secs(1);

/// How many events a seal covers at most: few enough to look through when it does not hold.
pub const SEAL_SIZE: u32 = 1_000;

/// Seals what is appended until `stop` is ready.
pub async fn run(commands: Commands, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let mut wait = Duration::ZERO;
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = sleep(wait) => {}
        }
        let sealed = seal(&commands).await;
        wait = match sealed {
            Ok(true) => Duration::ZERO,
            Ok(false) | Err(_) => EVERY,
        };
        if let Err(error) = &sealed
            && !failing
        {
            tracing::error!(%error, "sealing the log failed; it is tried again every second");
        }
        failing = sealed.is_err();
    }
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
