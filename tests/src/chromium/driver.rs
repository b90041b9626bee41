//! chromedriver, and the Chromium that it starts.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long it may take to start, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_secs(30);

/// What stands before the port in the line that says it is ready.
const READY: &str = "started successfully on port ";

/// A running chromedriver, gone with its browser when dropped: also after a test that failed.
pub(super) struct Driver {
    process: Child,
    /// Where it answers.
    pub(super) address: String,
    browser: Option<Pid>,
    profile: TempDir,
}

impl Driver {
    /// Starts one on a free port.
    pub(super) fn start() -> anyhow::Result<Self> {
        let profile = tempfile::Builder::new()
            .prefix("monstage-chromium-")
            .tempdir()?;
        let process = Command::new("chromedriver")
            .arg("--port=0")
            // As its users have it, where the package of languages is installed.
            .env("LANGUAGE", "fr")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the browser tests need: apt-get install chromium chromium-driver")?;
        let mut driver = Self {
            process,
            address: String::new(),
            browser: None,
            profile,
        };
        let output = driver.process.stdout.take().context("no output")?;
        let (sender, ready) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once(READY) {
                    // Nobody listens any more once it named it.
                    let _ = sender.send(port.trim_end_matches('.').to_owned());
                }
            }
        });
        let port = ready.recv_timeout(LIMIT);
        let port = port.context("chromedriver does not start")?;
        driver.address = format!("http://127.0.0.1:{port}/");
        Ok(driver)
    }

    /// A folder for what the browser keeps.
    pub(super) fn profile(&self) -> anyhow::Result<String> {
        let path = self.profile.path().to_str();
        Ok(path.context("a path in UTF-8")?.to_owned())
    }

    /// It started this browser, which is killed if it does not end.
    pub(super) fn started(&mut self, process: i64) -> anyhow::Result<()> {
        self.browser = Pid::from_raw(process.try_into()?);
        Ok(())
    }
}

impl Driver {
    /// Lets it end its browser, which takes its other processes along.
    fn shut_down(&self) -> anyhow::Result<()> {
        let place = self.address.trim_start_matches("http://");
        let mut line = TcpStream::connect(place.trim_end_matches('/'))?;
        line.set_read_timeout(Some(LIMIT))?;
        line.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
        line.read_exact(&mut [0])?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Errors mean that they are gone already.
        if let (Err(_), Some(browser)) = (self.shut_down(), self.browser) {
            let _ = kill_process(browser, Signal::KILL);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
