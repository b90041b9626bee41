//! Serving, and stopping without dropping what is under way.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

use crate::limits::TIME_LIMIT;

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
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
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

#[cfg(test)]
mod tests {
    use axum::{http::HeaderMap, routing::get};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;
    use crate::ClientAddress;

    /// Who is slowed down is counted by the address of the connection: a server that does not pass it
    /// on to the handlers counts everybody as one.
    #[tokio::test]
    async fn handlers_know_where_a_request_comes_from() {
        let from_here = async |client: ClientAddress| {
            let here = ClientAddress::new([127, 0, 0, 1].into(), &HeaderMap::new());
            if client == here { "here" } else { "elsewhere" }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(from_here));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, router, async {
            let _ = stopped.await;
        }));

        let ask = async |header: &str| {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let request =
                format!("GET / HTTP/1.1\r\nhost: demo.test\r\nconnection: close\r\n{header}\r\n");
            connection.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).await.unwrap();
            answer
        };
        assert!(ask("").await.ends_with("\r\n\r\nhere"));
        let forwarded = ask("x-forwarded-for: 203.0.113.7\r\n").await;
        assert!(forwarded.ends_with("\r\n\r\nelsewhere"));
        drop(stop);
        serving.await.unwrap().unwrap();
    }
}
