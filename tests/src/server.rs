//! The program as a server: a child process that can be asked to stop, or killed.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{binary::monstage, client::Client, mail::Mailbox};

/// How long a server may take to start or to stop, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_secs(30);

/// What stands before the address in the line that says a server is ready.
const READY: &str = "listening on ";

/// The setting that says where mail goes.
const MAIL_URL: &str = "MONSTAGE_MAIL_URL";

/// A running server, killed at the latest when dropped.
pub struct Server {
    process: Child,
    /// Where it answers, as `http://127.0.0.1:port`.
    pub address: String,
    log: Log,
    mail: TempDir,
}

/// The lines that a server wrote so far, on either output.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.join("\n")
    }
}

impl Server {
    /// `monstage serve` on this database and a free port, with every log line.
    pub fn start(database_url: &str) -> anyhow::Result<Self> {
        Self::start_with(database_url, &[])
    }

    /// The same with more settings, as environment variables.
    pub fn start_with(database_url: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = Command::new(monstage()?);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", database_url)
            .env("MONSTAGE_LOG", "info")
            .envs(settings.iter().copied());
        Self::spawn(command)
    }

    /// A server started by `command`, once it is ready. Its mail goes to a folder of its own, unless
    /// the command says where.
    pub fn spawn(mut command: Command) -> anyhow::Result<Self> {
        let mail = tempfile::Builder::new()
            .prefix("monstage-mail-")
            .tempdir()?;
        if !command.get_envs().any(|(name, _)| name == MAIL_URL) {
            command.env(MAIL_URL, format!("file://{}", mail.path().display()));
        }
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting the server")?;
        let log = Log::default();
        let (sender, ready) = mpsc::channel();
        if let Some(output) = process.stdout.take() {
            follow(output, log.clone(), sender.clone());
        }
        if let Some(output) = process.stderr.take() {
            follow(output, log.clone(), sender);
        }
        let mut server = Self {
            process,
            address: String::new(),
            log,
            mail,
        };
        let Ok(address) = ready.recv_timeout(LIMIT) else {
            bail!("the server does not start:\n{}", server.log());
        };
        server.address = address;
        Ok(server)
    }

    /// A client of it that is nobody yet.
    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// The messages in its folder.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::of_folder(self.mail.path())
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// What it wrote so far, once that contains `text`: what a server did shows before what it says
    /// of it arrives here.
    pub fn log_with(&self, text: &str) -> anyhow::Result<String> {
        let asked = Instant::now();
        while asked.elapsed() < LIMIT {
            let log = self.log();
            if log.contains(text) {
                return Ok(log);
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("{text:?} does not come in the log:\n{}", self.log());
    }

    /// Its process, to look it up under `/proc`.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// `kill -9`: it gets no chance to finish anything.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks it to stop, as a service manager does, and waits until it did. Its log stays readable.
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        let asked = Instant::now();
        while asked.elapsed() < LIMIT {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("the server does not stop:\n{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.kill();
    }
}

/// Keeps what comes from `output`, and says the address once a line names it.
fn follow(output: impl Read + Send + 'static, log: Log, ready: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let address = address(&line);
            log.push(line);
            if let Some(address) = address {
                // Nobody listens any more once the first line named it.
                let _ = ready.send(address);
            }
        }
    });
}

fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(READY)?;
    let end = rest
        .find(|letter: char| letter.is_whitespace() || "\"\u{1b},".contains(letter))
        .unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches('/');
    address.starts_with("http://").then(|| address.to_owned())
}
