//! Serving, and stopping without dropping what is under way.

use std::{future::Future, io, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

use super::TIME_LIMIT;

/// How long requests under way may take once the server is told to stop: no request may take longer
/// anyhow, so that only idle connections are cut.
const DRAIN_LIMIT: Duration = TIME_LIMIT.saturating_add(Duration::from_secs(5));

/// Serves until `shutdown` is ready, then finishes the requests under way and returns.
///
/// # Errors
///
/// When connections can no longer be accepted.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Answers are written whole: waiting to fill a packet only delays them.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        tracing::info!("finishing the requests under way");
        let _ = stopping.send(());
    });
    let too_long = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(DRAIN_LIMIT).await,
            // The server ended by itself, which the other branch tells.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = server => ended,
        () = too_long => {
            tracing::warn!("connections still open are cut");
            Ok(())
        }
    }
}
