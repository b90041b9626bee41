//! `monstage serve`: the server.

use std::io::ErrorKind;
use std::net::SocketAddr;

use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, database, logging};
use crate::config::{DatabaseSettings, ServeSettings};
use crate::http::{self, AppState};

#[derive(clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    settings: ServeSettings,
}

pub(super) async fn run(options: Options) -> Result<(), CliError> {
    logging::start(&options.settings);
    // Before the database is touched: a port that is taken stops everything else.
    let (listener, address) = listen(&options.settings).await?;
    let store = database::open_migrated(&options.database).await?;
    serve(listener, address, store, options.settings).await
}

/// The socket to serve on, and its address: the port it was given when 0 was asked for.
pub(super) async fn listen(
    settings: &ServeSettings,
) -> Result<(TcpListener, SocketAddr), CliError> {
    let address = settings.listen.clone();
    let listener = match TcpListener::bind(&address).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            return Err(CliError::AddressInUse { address });
        }
        Err(error) => return Err(CliError::Listen { address, error }),
    };
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until the process is asked to stop, then lets requests under way finish.
pub(super) async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    store: Store,
    settings: ServeSettings,
) -> Result<(), CliError> {
    let state = AppState::new(database::commands(&store), settings.public_url);
    let stop = stop_signal()?;
    tracing::info!(
        engine = store.engine_name(),
        "listening on http://{address}"
    );
    http::serve(listener, http::router(state), stop).await?;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Ends at the first SIGINT (Ctrl-C) or SIGTERM (what service managers send). Handlers are set when
/// this returns: a signal sent as soon as the address is announced is not lost.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
