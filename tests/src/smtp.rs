//! A mail server for tests: takes real SMTP conversations, over TLS where that is asked for, keeps the
//! messages, and can be told to refuse, to be busy, or to be down and up again on the same port.

use std::{
    collections::HashSet,
    fs, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, anyhow};
use mailin::{Action, AuthMechanism, Handler, Response, SessionBuilder, response};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime,
    sync::oneshot,
    task::{JoinSet, LocalSet},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::mail::Mailbox;

/// The user of a server that speaks TLS, and the password as it stands in a URL and in truth.
const USER: &str = "monstage";
const PASSWORD_IN_URL: &str = "s%C3%A9same%2F1";
const PASSWORD: &str = "sésame/1";

/// A mail server, gone when dropped.
pub struct MailServer {
    address: SocketAddr,
    delivered: Delivered,
    protection: Option<Protection>,
    running: Option<Running>,
    // Bound and never listened on: while the server is down, nobody else gets its port.
    _reserved: TcpSocket,
}

/// When a conversation is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Before the first word.
    FromTheStart,
    /// When the client says STARTTLS.
    OnRequest,
}

/// What a server has that speaks TLS: it takes nothing in the clear, nor from anybody but [`USER`].
struct Protection {
    encryption: Encryption,
    acceptor: TlsAcceptor,
    /// Holds its certificate.
    folder: TempDir,
}

impl Protection {
    fn new(encryption: Encryption) -> anyhow::Result<Self> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(CERTIFICATE), cert.pem())?;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::from(key))?;
        Ok(Self {
            encryption,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            folder,
        })
    }
}

const CERTIFICATE: &str = "certificate.pem";

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What the server took, and how it behaves.
#[derive(Clone, Default)]
pub struct Delivered(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    messages: Vec<(String, Vec<u8>)>,
    refused: HashSet<String>,
    busy: bool,
    turned_away: usize,
}

impl Delivered {
    /// The messages so far, each with the address that it was sent to.
    pub fn all(&self) -> Vec<(String, Vec<u8>)> {
        self.state().messages.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailServer {
    /// A server on a free port, up.
    pub fn start() -> anyhow::Result<Self> {
        let mut server = Self::down()?;
        server.up()?;
        Ok(server)
    }

    /// A server on a free port, up, that speaks TLS with a certificate of its own.
    pub fn encrypted(encryption: Encryption) -> anyhow::Result<Self> {
        let mut server = Self::down()?;
        server.protection = Some(Protection::new(encryption)?);
        server.up()?;
        Ok(server)
    }

    /// A server on a free port, down: connections to it are refused.
    pub fn down() -> anyhow::Result<Self> {
        let reserved = socket("127.0.0.1:0".parse()?)?;
        Ok(Self {
            address: reserved.local_addr()?,
            delivered: Delivered::default(),
            protection: None,
            running: None,
            _reserved: reserved,
        })
    }

    /// For `MONSTAGE_MAIL_URL`.
    pub fn url(&self) -> String {
        let address = self.address;
        let encryption = self.protection.as_ref().map(|it| it.encryption);
        match encryption {
            None => format!("smtp://{address}"),
            Some(Encryption::FromTheStart) => {
                format!("smtps://{USER}:{PASSWORD_IN_URL}@{address}")
            }
            Some(Encryption::OnRequest) => {
                format!("smtp://{USER}:{PASSWORD_IN_URL}@{address}?tls=required")
            }
        }
    }

    /// The file with its certificate, for whoever shall trust it.
    pub fn certificate(&self) -> Option<PathBuf> {
        let protection = self.protection.as_ref()?;
        Some(protection.folder.path().join(CERTIFICATE))
    }

    /// What it took.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::of_server(self.delivered.clone())
    }

    /// From now on answers 550 to this recipient.
    pub fn refuse(&self, email: &str) {
        self.delivered.state().refused.insert(email.to_owned());
    }

    /// From now on, or no longer, answers 451 to every recipient.
    pub fn busy(&self, busy: bool) {
        self.delivered.state().busy = busy;
    }

    /// How many recipients were answered 451 so far.
    pub fn turned_away(&self) -> usize {
        self.delivered.state().turned_away
    }

    /// Listens, until stopped. On a thread of its own: it answers even while the test blocks, and
    /// takes every conversation with it when it ends.
    pub fn up(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        let (stop, stopped) = oneshot::channel();
        let (listens, ready) = mpsc::channel();
        let address = self.address;
        let host = Host {
            delivered: self.delivered.clone(),
            tls: (self.protection.as_ref()).map(|it| (it.encryption, it.acceptor.clone())),
        };
        let thread = thread::spawn(move || {
            let served = serve(address, host, stopped, &listens);
            if let Err(error) = served {
                // Nobody waits for it any more once it listened.
                let _ = listens.send(Err(error));
            }
        });
        self.running = Some(Running { stop, thread });
        ready.recv().context("the mail server does not start")?
    }

    /// Hangs up every conversation and refuses connections.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(Running { stop, thread }) = self.running.take() {
            // An error means that it ended already.
            let _ = stop.send(());
            let ended = thread.join();
            ended.map_err(|_| anyhow!("the mail server panicked"))?;
        }
        Ok(())
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // Its thread panicked: the test failed for that already.
        let _ = self.stop();
    }
}

fn socket(address: SocketAddr) -> anyhow::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn serve(
    address: SocketAddr,
    host: Host,
    stopped: oneshot::Receiver<()>,
    listens: &mpsc::Sender<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let conversations = LocalSet::new();
    conversations.block_on(&runtime, async {
        let listener = socket(address)?.listen(64)?;
        listens.send(Ok(()))?;
        tokio::select! {
            () = accept(listener, host) => {}
            _ = stopped => {}
        }
        Ok(())
    })
}

async fn accept(listener: TcpListener, host: Host) {
    let mut conversations = JoinSet::new();
    while let Ok((stream, peer)) = listener.accept().await {
        // A client that hangs up is no failure of the server's.
        conversations.spawn_local(converse(stream, peer, host.clone()));
    }
}

/// What every conversation begins with.
#[derive(Clone)]
struct Host {
    delivered: Delivered,
    tls: Option<(Encryption, TlsAcceptor)>,
}

/// What bytes come and go by, encrypted or not.
trait Line: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Line for T {}

async fn converse(stream: TcpStream, peer: SocketAddr, host: Host) -> anyhow::Result<()> {
    let mut stream: BufStream<Box<dyn Line>> = BufStream::new(Box::new(stream));
    let handler = Conversation {
        delivered: host.delivered,
        to: Vec::new(),
        message: Vec::new(),
    };
    let mut builder = SessionBuilder::new("mail.demo.test");
    if host.tls.is_some() {
        builder.enable_start_tls().enable_auth(AuthMechanism::Plain);
    }
    let mut session = builder.build(peer.ip(), handler);
    if let Some((Encryption::FromTheStart, acceptor)) = &host.tls {
        stream = encrypted(stream, acceptor).await?;
        session.tls_active();
    }
    let mut answer = session.greeting();
    let mut line = Vec::new();
    loop {
        if answer.action != Action::NoReply {
            let mut bytes = Vec::new();
            answer.write_to(&mut bytes)?;
            stream.write_all(&bytes).await?;
            stream.flush().await?;
        }
        if let (Action::UpgradeTls, Some((_, acceptor))) = (&answer.action, &host.tls) {
            stream = encrypted(stream, acceptor).await?;
            session.tls_active();
        }
        line.clear();
        if answer.action == Action::Close || stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        answer = session.process(&line);
    }
}

/// The same line, encrypted from here on.
async fn encrypted(
    stream: BufStream<Box<dyn Line>>,
    acceptor: &TlsAcceptor,
) -> anyhow::Result<BufStream<Box<dyn Line>>> {
    let encrypted = acceptor.accept(stream.into_inner()).await?;
    Ok(BufStream::new(Box::new(encrypted)))
}

/// What the server decides within one conversation.
struct Conversation {
    delivered: Delivered,
    to: Vec<String>,
    message: Vec<u8>,
}

impl Handler for Conversation {
    fn auth_plain(&mut self, _authorization: &str, user: &str, password: &str) -> Response {
        if user == USER && password == PASSWORD {
            response::AUTH_OK
        } else {
            response::INVALID_CREDENTIALS
        }
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let mut state = self.delivered.state();
        if state.busy {
            state.turned_away += 1;
            return response::INTERNAL_ERROR;
        }
        if state.refused.contains(to) {
            return response::NO_MAILBOX;
        }
        response::OK
    }

    fn data_start(&mut self, _domain: &str, _from: &str, _8bit: bool, to: &[String]) -> Response {
        self.to = to.to_vec();
        self.message.clear();
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.message.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut state = self.delivered.state();
        for to in &self.to {
            state.messages.push((to.clone(), self.message.clone()));
        }
        response::OK
    }
}
