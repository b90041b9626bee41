//! The page of a class, and a bare axum handler that sends the same bytes in a process of its own.

use std::{io::Write as _, path::Path, process::Command, time::Duration};

use acceptance::server::Server;
use anyhow::ensure;
use axum::{Router, body::Bytes, http::header, routing::get};
use tempfile::NamedTempFile;

use crate::client::Target;

/// The argument that makes this program the bare handler.
pub(crate) const BARE_BYTES: &str = "bare-bytes";

/// The page, and its floor.
pub(crate) struct Page {
    pub(crate) ours: Target,
    pub(crate) floor: Target,
    _bare: Server,
}

impl Page {
    /// The page of this path, which shows so many pupils.
    pub(crate) async fn of(
        server: &Server,
        path: &str,
        token: &str,
        pupils: usize,
    ) -> anyhow::Result<Self> {
        let plain = Target::get(&server.address, path, token)?;
        let plain = plain.connect().await?.ask().await?.to_vec();
        let shown = String::from_utf8(plain)?.matches("<select").count();
        ensure!(shown == pupils, "a page with {shown} pupils");
        let ours = Target::page(&server.address, path, token)?;
        let mut file = NamedTempFile::new()?;
        file.write_all(ours.connect().await?.ask().await?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(BARE_BYTES).arg(file.path());
        let bare = Server::spawn(command)?;
        Ok(Self {
            ours,
            floor: Target::get(&bare.address, "/", token)?,
            _bare: bare,
        })
    }
}

/// The floor: bytes, and nothing else.
pub(crate) async fn serve_bare(file: &Path) -> anyhow::Result<()> {
    let bytes = Bytes::from(std::fs::read(file)?);
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let app = Router::new().route("/", get(move || async move { (headers, bytes) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    // Whoever started it ends it.
    let served = axum::serve(listener, app).into_future();
    tokio::time::timeout(Duration::from_hours(1), served).await??;
    Ok(())
}
