//! `monstage serve`: the server.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
};

use accounts::{Letters, throttling::Throttle, tidying};
use futures::future::{FutureExt, join_all};
use mail::Mailer;
use pages::home::Demo;
use store::{Store, SystemClock};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use url::Url;
use web::{AppState, boundary::served};

use super::{
    database,
    error::{Exit, Failure, Result},
    logging,
};
use crate::{
    config::{DatabaseSettings, ServeSettings, Throttling},
    sealer,
    upkeep::count_figures,
};

#[derive(clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    settings: ServeSettings,
}

#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error(
        "l'adresse {address} est déjà prise : arrêtez le programme qui l'occupe, ou choisissez-en \
         une autre avec --listen (127.0.0.1:0 prend un port libre)"
    )]
    InUse { address: String },
    #[error(
        "impossible d'écouter sur {address} ({error}) : donnez une adresse de cette machine, sous \
         la forme 127.0.0.1:8080, avec --listen ou MONSTAGE_LISTEN"
    )]
    Other { address: String, error: io::Error },
}

impl Failure for ListenError {
    fn exit(&self) -> Exit {
        match self {
            Self::Other { error, .. } if error.kind() == ErrorKind::InvalidInput => Exit::Refused,
            _ => Exit::Failed,
        }
    }
}

pub(super) async fn run(options: Options) -> Result {
    logging::start(&options.settings);
    // Before the database is touched: a port that is taken stops everything else.
    let (listener, address) = listen(&options.settings).await?;
    let store = database::open_migrated(&options.database).await?;
    serve(listener, address, store, options.settings, Demo::default()).await
}

/// The socket to serve on, and its address: the port it was given when 0 was asked for.
pub(super) async fn listen(settings: &ServeSettings) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(&settings.listen).await.map_err(|error| {
        let address = settings.listen.clone();
        match error.kind() {
            ErrorKind::AddrInUse => ListenError::InUse { address },
            _ => ListenError::Other { address, error },
        }
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until the process is asked to stop, then lets requests under way finish. The home page offers the
/// accounts of `demo`.
pub(super) async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    store: Store,
    settings: ServeSettings,
    demo: Demo,
) -> Result {
    let commands = database::commands(&store);
    let state = AppState::new(
        commands.clone(),
        settings.public_url.clone(),
        settings.sign_up_rules(),
        throttle(settings.throttle),
    );
    let stop = stop_signal()?.shared();
    // First of all: it installs what the tasks count with.
    let pages = pages::routes(demo, settings.legal_notice.clone(), &state);
    let router = served(api::routes(&state).merge(pages), state);
    let mailer = mailer(store.clone(), settings, address)?;
    let tasks = [
        background("mail", mailer.run(stop.clone())),
        background("housekeeping", tidying::run(commands.clone(), stop.clone())),
        background("figures", count_figures(commands.clone(), stop.clone())),
        background("sealer", sealer::run(commands, stop.clone())),
    ];
    tracing::info!(
        engine = store.engine_name(),
        "listening on http://{address}"
    );
    web::serve(listener, router, stop).await?;
    join_all(tasks).await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Links in mail lead to where people reach the service.
fn mailer(store: Store, settings: ServeSettings, address: SocketAddr) -> io::Result<Mailer> {
    let public_url = match settings.public_url {
        Some(url) => url,
        None => Url::parse(&format!("http://{address}"))
            .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?,
    };
    Ok(Mailer::new(
        store,
        Arc::new(SystemClock),
        settings.mail.mail_url,
        settings.mail_from,
        public_url,
        Arc::new(Letters),
    ))
}

/// Runs beside the requests. Should it fail, which only a bug can cause, that is said at once and not
/// when the server stops.
fn background(
    task: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(task, "a background task failed: restart the server");
        }
    })
}

fn throttle(setting: Throttling) -> Throttle {
    match setting {
        Throttling::On => Throttle::on(),
        Throttling::Off => {
            tracing::warn!(
                "THROTTLING IS OFF (MONSTAGE_THROTTLE): nothing slows down who guesses passwords \
                 or floods mailboxes; for load tests only"
            );
            Throttle::off()
        }
    }
}

/// Ends at the first SIGINT (Ctrl-C) or SIGTERM (what service managers send). Handlers are set when
/// this returns: a signal sent as soon as the address is announced is not lost.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
