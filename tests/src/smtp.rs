//! A mail server for tests: takes real SMTP conversations, keeps the messages, and can be told to
//! refuse, to be busy, or to be down and up again on the same port.

use std::{
    collections::HashSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, anyhow};
use mailin::{Action, Handler, Response, SessionBuilder, response};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime,
    sync::oneshot,
    task::{JoinSet, LocalSet},
};

use crate::mail::Mailbox;

/// A mail server, gone when dropped.
pub struct MailServer {
    address: SocketAddr,
    delivered: Delivered,
    running: Option<Running>,
    // Bound and never listened on: while the server is down, nobody else gets its port.
    _reserved: TcpSocket,
}

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

    /// A server on a free port, down: connections to it are refused.
    pub fn down() -> anyhow::Result<Self> {
        let reserved = socket("127.0.0.1:0".parse()?)?;
        Ok(Self {
            address: reserved.local_addr()?,
            delivered: Delivered::default(),
            running: None,
            _reserved: reserved,
        })
    }

    /// For `MONSTAGE_MAIL_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
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
        let (address, delivered) = (self.address, self.delivered.clone());
        let thread = thread::spawn(move || {
            let served = serve(address, delivered, stopped, &listens);
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
    delivered: Delivered,
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
            () = accept(listener, delivered) => {}
            _ = stopped => {}
        }
        Ok(())
    })
}

async fn accept(listener: TcpListener, delivered: Delivered) {
    let mut conversations = JoinSet::new();
    while let Ok((stream, peer)) = listener.accept().await {
        // A client that hangs up is no failure of the server's.
        conversations.spawn_local(converse(stream, peer, delivered.clone()));
    }
}

async fn converse(stream: TcpStream, peer: SocketAddr, delivered: Delivered) -> anyhow::Result<()> {
    let mut stream = BufStream::new(stream);
    let handler = Conversation {
        delivered,
        to: Vec::new(),
        message: Vec::new(),
    };
    let mut session = SessionBuilder::new("mail.demo.test").build(peer.ip(), handler);
    let mut answer = session.greeting();
    let mut line = Vec::new();
    loop {
        if answer.action != Action::NoReply {
            let mut bytes = Vec::new();
            answer.write_to(&mut bytes)?;
            stream.write_all(&bytes).await?;
            stream.flush().await?;
        }
        line.clear();
        if answer.action == Action::Close || stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        answer = session.process(&line);
    }
}

/// What the server decides within one conversation.
struct Conversation {
    delivered: Delivered,
    to: Vec<String>,
    message: Vec<u8>,
}

impl Handler for Conversation {
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
