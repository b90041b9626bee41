//! What each server does again and again in the background, beside the others: whoever is first has done it.

use std::{future::Future, pin::pin, time::Duration};

use commands::Commands;
use projections::figures;
use store::StoreError;
use tokio::time::sleep;

/// How far the service figures may lag, which are told by the week.
const FIGURES_EVERY: Duration = Duration::from_secs(20);

/// Counts the service figures until `stop` is ready.
pub async fn count_figures(commands: Commands, stop: impl Future<Output = ()>) {
    let count = |commands: Commands| async move { figures::catch_up(commands.store()).await };
    let what = "counting the service figures";
    again_and_again(what, FIGURES_EVERY, commands, stop, count).await;
}

/// Does this until `stop` is ready: at once while it says that there may be more to do, otherwise after a
/// pause. That it fails is logged once, until it works again.
pub(crate) async fn again_and_again<W>(
    what: &'static str,
    pause: Duration,
    commands: Commands,
    stop: impl Future<Output = ()>,
    work: impl Fn(Commands) -> W,
) where
    W: Future<Output = Result<bool, StoreError>>,
{
    let mut stop = pin!(stop);
    let mut wait = Duration::ZERO;
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = sleep(wait) => {}
        }
        let done = work(commands.clone()).await;
        wait = match done {
            Ok(true) => Duration::ZERO,
            Ok(false) | Err(_) => pause,
        };
        if let Err(error) = &done
            && !failing
        {
            let pause = pause.as_secs();
            tracing::error!(%error, "{what} failed; it is tried again every {pause} s");
        }
        failing = done.is_err();
    }
}
