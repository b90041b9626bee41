//! A client as thin as can be: it shares the cores with the server that it measures.

use std::sync::Arc;

use acceptance::world::PASSWORD;
use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A request, ready to be sent again and again.
#[derive(Clone)]
pub(crate) struct Target {
    host: String,
    request: Arc<str>,
}

/// A connection that is kept from one request to the next.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    request: Arc<str>,
}

impl Target {
    /// `GET`, as the holder of `token`.
    pub(crate) fn get(address: &str, path: &str, token: &str) -> anyhow::Result<Self> {
        let host = host(address)?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n");
        Ok(Self {
            host,
            request: request.into(),
        })
    }

    /// `GET` as a browser asks, which takes the answer compressed.
    pub(crate) fn page(address: &str, path: &str, token: &str) -> anyhow::Result<Self> {
        let Self { host, request } = Self::get(address, path, token)?;
        let request = request.replace("\r\n\r\n", "\r\naccept-encoding: gzip\r\n\r\n");
        Ok(Self {
            host,
            request: request.into(),
        })
    }

    /// A sign-in, with the password that every account has.
    pub(crate) fn sign_in(address: &str, email: &str) -> anyhow::Result<Self> {
        let host = host(address)?;
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        let request = format!(
            "POST /api/v1/session HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(Self {
            host,
            request: request.into(),
        })
    }

    /// Connects.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(&self.host).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            buffer: vec![0; 64 * 1024],
            request: Arc::clone(&self.request),
        })
    }
}

fn host(address: &str) -> anyhow::Result<String> {
    let host = address.strip_prefix("http://");
    Ok(host.context("an address of our own")?.to_owned())
}

impl Connection {
    /// Sends the request, and gives the body of the answer, its chunks as they come, once it is there as a
    /// whole. Anything but a success is an error.
    pub(crate) async fn ask(&mut self) -> anyhow::Result<&[u8]> {
        self.stream.write_all(self.request.as_bytes()).await?;
        let buffer = &mut self.buffer;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut buffer[filled..]).await?;
            ensure!(read > 0, "the server hung up");
            filled += read;
            let Some(head) = buffer[..filled]
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            else {
                continue;
            };
            let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
            ensure!(text.starts_with("http/1.1 2"), "refused: {text}");
            if text.contains("transfer-encoding: chunked") {
                if buffer[..filled].ends_with(b"\r\n0\r\n\r\n") {
                    return Ok(&self.buffer[head + 4..filled]);
                }
                continue;
            }
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .context("no content-length")?
                .parse()?;
            if filled >= head + 4 + length {
                return Ok(&self.buffer[head + 4..head + 4 + length]);
            }
        }
    }
}
