//! A real browser: headless Chromium, driven through chromedriver.

mod driver;
mod person;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use fantoccini::{
    Client, ClientBuilder, Locator,
    error::CmdError,
    wd::{Capabilities, TimeoutConfiguration, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use url::{ParseError, Url};

use self::driver::Driver;
pub use self::person::Hand;

/// How long a page may take, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_secs(30);

/// Of a desktop's window; where it is narrower, it is a telephone.
const WIDE: u32 = 1280;
/// Of the narrowest telephone that the pages are made for.
const NARROW: u32 = 360;

/// How somebody's browser is set up, and what they work it with.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Whether scripts run.
    pub scripts: bool,
    /// What it is worked with.
    pub hand: Hand,
    /// How wide its window is, in CSS pixels.
    pub width: u32,
    /// And how high.
    pub height: u32,
    /// Whether its owner likes dark pages.
    pub dark: bool,
}

impl Setup {
    /// Most people's.
    pub const DESKTOP: Self = Self {
        scripts: true,
        hand: Hand::Mouse,
        width: WIDE,
        height: 900,
        dark: false,
    };
    /// That of a telephone.
    pub const TELEPHONE: Self = Self {
        width: NARROW,
        height: 740,
        ..Self::DESKTOP
    };
}

/// Somebody's Chromium, gone when dropped.
pub struct Chromium {
    client: Client,
    address: String,
    setup: Setup,
    // Last: it takes the browser along.
    _driver: Driver,
}

impl Chromium {
    /// One that has never been on the server at this address.
    pub async fn start(address: &str, setup: Setup) -> anyhow::Result<Self> {
        let mut driver = Driver::start()?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&driver.profile()?))
            .connect(&driver.address)
            .await
            .context("Chromium does not start")?;
        let given = client.capabilities();
        let process = given.and_then(|given| given.get("goog:processID")?.as_i64());
        driver.started(process.context("a Chromium without a process")?)?;
        let limit = Some(LIMIT);
        client
            .update_timeouts(TimeoutConfiguration::new(limit, limit, None))
            .await?;
        let mut chromium = Self {
            client,
            address: address.to_owned(),
            setup,
            _driver: driver,
        };
        chromium.set_up(setup).await?;
        Ok(chromium)
    }

    /// Sets it up otherwise, from the next page on.
    pub async fn set_up(&mut self, setup: Setup) -> anyhow::Result<()> {
        let off = json!({ "value": !setup.scripts });
        self.devtools("Emulation.setScriptExecutionDisabled", off)
            .await?;
        let scheme = if setup.dark { "dark" } else { "light" };
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": scheme }))
            .await?;
        let screen = json!({
            "width": setup.width,
            "height": setup.height,
            "deviceScaleFactor": 1,
            "mobile": setup.width < WIDE,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", screen)
            .await?;
        self.setup = setup;
        Ok(())
    }

    /// How it is set up.
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Opens a page, by a path or by the link of a message.
    pub async fn open(&self, place: &str) -> anyhow::Result<()> {
        let url = Url::parse(&self.address)?.join(place)?;
        self.client.goto(url.as_str()).await?;
        self.fits().await
    }

    /// Where it is, with what follows the path.
    pub async fn path(&self) -> anyhow::Result<String> {
        let url = self.client.current_url().await?;
        let rest = url.as_str().strip_prefix(&self.address);
        Ok(rest.with_context(|| format!("astray at {url}"))?.to_owned())
    }

    /// What stands on the page, as a reader sees it.
    pub async fn text(&self) -> anyhow::Result<String> {
        let body = self.client.find(Locator::Css("body")).await?;
        Ok(body.text().await?)
    }

    /// Fails, with the whole page, unless it shows this.
    pub async fn shows(&self, text: &str) -> anyhow::Result<()> {
        let page = self.text().await?;
        let path = self.path().await?;
        ensure!(
            page.contains(text),
            "no {text:?} at {path}, which shows:\n{page}"
        );
        Ok(())
    }

    /// Fails, with the whole page, unless it shows this within a while.
    pub async fn comes_to_show(&self, text: &str) -> anyhow::Result<()> {
        let asked = Instant::now();
        while asked.elapsed() < LIMIT && !self.text().await?.contains(text) {
            sleep(Duration::from_millis(20)).await;
        }
        self.shows(text).await
    }

    /// Fails, with the whole page, unless it no longer shows this within a while.
    pub async fn comes_to_hide(&self, text: &str) -> anyhow::Result<()> {
        let asked = Instant::now();
        while asked.elapsed() < LIMIT && self.text().await?.contains(text) {
            sleep(Duration::from_millis(20)).await;
        }
        self.hides(text).await
    }

    /// Fails, with the whole page, when it shows this.
    pub async fn hides(&self, text: &str) -> anyhow::Result<()> {
        let page = self.text().await?;
        ensure!(!page.contains(text), "{text:?} shows in:\n{page}");
        Ok(())
    }

    /// What a script says of the page. It runs even where the page's own do not.
    pub async fn ask(&self, script: &str, arguments: &[Value]) -> anyhow::Result<Value> {
        Ok(self.client.execute(script, arguments.to_vec()).await?)
    }

    /// The same of a script that calls its last argument once it knows.
    pub async fn ask_later(&self, script: &str, arguments: &[Value]) -> anyhow::Result<Value> {
        let arguments = arguments.to_vec();
        Ok(self.client.execute_async(script, arguments).await?)
    }

    /// What it shows, as PNG.
    pub async fn screenshot(&self) -> anyhow::Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    /// What the browser itself found wrong since it was last asked: scripts that fail, and what the policy of a
    /// page forbids it. That a page has the status of an error is none of it.
    pub async fn complaints(&self) -> anyhow::Result<Vec<String>> {
        let command = Command::new("se/log", json!({ "type": "browser" }));
        let log = self.client.issue_cmd(command).await?;
        let lines = log.as_array().context("no log")?.iter();
        // The browser's own pages are none of ours either: one may fail while it starts.
        let is_ours = |line: &&Value| {
            let message = line["message"].as_str().unwrap_or_default();
            line["source"] != "network" && !message.starts_with("chrome://")
        };
        let wrong = lines.filter(is_ours);
        Ok(wrong.map(ToString::to_string).collect())
    }

    /// Keeps no file from here on: each visit is a first one.
    pub async fn forget_files(&self) -> anyhow::Result<()> {
        let disabled = json!({ "cacheDisabled": true });
        self.devtools("Network.setCacheDisabled", disabled).await?;
        Ok(())
    }

    /// Forgets the session, as when it ended.
    pub async fn forget_session(&self) -> anyhow::Result<()> {
        Ok(self.client.delete_all_cookies().await?)
    }

    /// Nobody scrolls sideways to read, whatever they read it on.
    pub async fn fits(&self) -> anyhow::Result<()> {
        let overhang = "return document.documentElement.scrollWidth - innerWidth";
        let overhang = self.ask(overhang, &[]).await?;
        ensure!(
            overhang.as_i64() <= Some(0),
            "{} is {overhang} px too wide at {} px",
            self.path().await?,
            self.setup.width
        );
        Ok(())
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, CmdError> {
        let call = json!({ "cmd": command, "params": parameters });
        let command = Command::new("goog/cdp/execute", call);
        self.client.issue_cmd(command).await
    }
}

fn capabilities(profile: &str) -> Capabilities {
    let profile = format!("--user-data-dir={profile}");
    let arguments = [
        "--headless=new",
        // The tests may run as root, where it has none; the pages are our own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        &profile,
    ];
    Capabilities::from_iter([
        (
            "goog:chromeOptions".to_owned(),
            json!({ "args": arguments }),
        ),
        (
            "goog:loggingPrefs".to_owned(),
            json!({ "browser": "WARNING" }),
        ),
    ])
}

/// A command that only chromedriver knows.
#[derive(Debug)]
struct Command {
    place: &'static str,
    body: Value,
}

impl Command {
    fn new(place: &'static str, body: Value) -> Self {
        Self { place, body }
    }
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, driver: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        driver.join(&format!("session/{session}/{}", self.place))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
