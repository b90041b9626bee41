//! One page at a time, looked at by a browser and by two programs that know the rules.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use acceptance::{
    browser::{Browser, Shown},
    chromium::{Chromium, Setup},
    engine::Engine,
    scene::Scene,
    world::Size,
};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A class as large as they get.
const SIZE: Size = Size {
    classes: 2,
    students_per_class: 30,
    without_class: 2,
};

/// What a first visit may load in all, as it travels.
const MOST_BYTES: u64 = 60_000;
/// In how many requests.
const MOST_REQUESTS: usize = 4;

/// A window in which nothing scrolls, and so nothing hides behind the bar that stays in sight.
const BY_DAY: Setup = Setup {
    height: HIGH,
    ..Setup::DESKTOP
};
/// The same on a telephone, by night.
const BY_NIGHT: Setup = Setup {
    height: HIGH,
    dark: true,
    ..Setup::TELEPHONE
};
const HIGH: u32 = 8_000;

/// The levels A and AA of WCAG 2.2, and what axe-core's authors advise besides.
const RULES: &str = "
    const done = arguments[0];
    const only = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: only }).then(
      ({ violations }) => done(violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `axe ${id}: ${node.html} ${node.failureSummary}`))),
      (error) => done([`axe fails: ${error}`]));";

/// Known faults of such platforms that axe-core lets pass.
const FAULTS: &str = "
    const faults = {
      'a cell of a head without a scope': 'th:not([scope])',
      'a table without a caption': 'table:not(:has(> caption))',
      'a tabindex that jumps the queue': '[tabindex]:not([tabindex=\"0\"], [tabindex=\"-1\"])',
      'a control that only a script enables': ':disabled',
      'a style or script within the page': '[style], style, script:not([src])',
      'a message that is not announced': '.told:not([role=status]), .faults:not([role=alert])',
    };
    const found = Object.entries(faults).flatMap(([fault, selector]) =>
      [...document.querySelectorAll(selector)].map((one) => `${fault}: ${one.outerHTML.slice(0, 200)}`));
    const changed = document.querySelector('.told, .faults, .reminder[role=alert]');
    if (changed && document.activeElement !== changed) found.push('the focus is not where the change is');
    return found;";

/// All that a first visit loads, the icon too, which a browser without a window does not ask for.
const LOADED: &str = "
    const done = arguments[0];
    const icon = document.querySelector('link[rel=icon]').href;
    fetch(icon, { cache: 'reload' }).then((answer) => answer.text()).then(() => {
      const loaded = ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind));
      done(Object.fromEntries(loaded.map((one) => [one.name, one.transferSize])));
    });";

/// Looks at pages, and keeps what is wrong with them.
pub(super) struct Examiner {
    pub(super) scene: Scene,
    /// The templates that were looked at.
    pub(super) seen: BTreeSet<String>,
    chromium: Chromium,
    browser: Browser,
    axe: String,
    html: TempDir,
    count: usize,
    wrong: Vec<String>,
}

impl Examiner {
    pub(super) async fn new(engine: Engine) -> anyhow::Result<Self> {
        let scene = Scene::with(engine, SIZE, &[("MONSTAGE_THROTTLE", "off")]).await?;
        let axe = modules().join("axe-core/axe.min.js");
        let axe = fs::read_to_string(axe).context("run `make target/npm/node_modules`")?;
        let chromium = Chromium::start(&scene.server.address, BY_DAY).await?;
        chromium.forget_files().await?;
        Ok(Self {
            browser: Browser::new(&scene.server.address)?,
            seen: BTreeSet::new(),
            chromium,
            scene,
            axe,
            html: tempfile::tempdir()?,
            count: 0,
            wrong: Vec::new(),
        })
    }

    /// From here on it is this person who looks.
    pub(super) async fn sign_in(&mut self, email: &str) -> anyhow::Result<()> {
        self.browser.sign_in(email).await?;
        self.chromium.sign_in(email).await
    }

    /// From here on nobody is signed in.
    pub(super) async fn forget(&mut self) -> anyhow::Result<()> {
        self.browser.forget();
        self.chromium.forget_session().await
    }

    /// Opens a page, which this template makes.
    pub(super) async fn open(&mut self, template: &str, path: &str) -> anyhow::Result<()> {
        let shown = self.browser.open(path).await?;
        self.chromium.open(path).await?;
        self.examine(template, shown).await
    }

    /// Sends a form, which this template answers.
    pub(super) async fn send(
        &mut self,
        template: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let shown = self.browser.send(path, fields).await?;
        self.chromium.send(path, fields).await?;
        self.examine(template, shown).await
    }

    /// Sends a form that succeeds, once, and looks at the page that says so.
    pub(super) async fn succeed(
        &mut self,
        template: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let shown = self.browser.send(path, fields).await?.expect(200)?;
        self.chromium.open(&shown.path).await?;
        self.examine(template, shown).await
    }

    async fn examine(&mut self, template: &str, shown: Shown) -> anyhow::Result<()> {
        let title = self.chromium.ask("return document.title", &[]).await?;
        let title = title.as_str().context("no title")?;
        let is_same = shown.text().contains(&format!("<title>{title}</title>"));
        let is_let_in = template.starts_with("sign_in") || !shown.path.starts_with("/connexion");
        ensure!(
            is_same && is_let_in,
            "{title} is not {template}: {shown:#?}"
        );
        self.seen.insert(template.to_owned());
        self.count += 1;
        let name = format!("{:02} {}", self.count, template.replace('/', " "));
        fs::write(self.html.path().join(name), &shown.html)?;
        let place = format!("{template} at {} ({})", shown.path, shown.status);
        self.weigh(&place).await?;
        self.look(&place).await?;
        self.chromium.set_up(BY_NIGHT).await?;
        self.chromium.fits().await?;
        self.look(&format!("{place}, narrow and dark")).await?;
        self.chromium.set_up(BY_DAY).await
    }

    async fn look(&mut self, place: &str) -> anyhow::Result<()> {
        self.chromium.ask(&self.axe, &[]).await?;
        let axe = self.chromium.ask_later(RULES, &[]).await?;
        let own = self.chromium.ask(FAULTS, &[]).await?;
        for found in [axe, own] {
            let found: Vec<String> = serde_json::from_value(found)?;
            let found = found.into_iter();
            self.wrong
                .extend(found.map(|fault| format!("{place}: {fault}")));
        }
        Ok(())
    }

    async fn weigh(&mut self, place: &str) -> anyhow::Result<()> {
        let loaded = self.chromium.ask_later(LOADED, &[]).await?;
        let loaded = loaded.as_object().context("nothing loaded")?;
        let bytes: u64 = loaded.values().filter_map(Value::as_u64).sum();
        ensure!(
            bytes > 1_000,
            "{place}: what was loaded is not known: {loaded:?}"
        );
        if bytes > MOST_BYTES || loaded.len() > MOST_REQUESTS {
            let heavy = format!("{place}: {bytes} bytes in all: {}", json!(loaded));
            self.wrong.push(heavy);
        }
        Ok(())
    }

    /// Fails with everything that was found.
    pub(super) fn verdict(mut self) -> anyhow::Result<()> {
        let validator = modules().join("html-validate/bin/html-validate.mjs");
        let validated = Command::new("node")
            .arg(validator)
            .arg("--config")
            .arg(source("npm/.htmlvalidate.json"))
            .arg(self.html.path())
            .args(["--ext", "html"])
            .output()
            .context("the tests of pages need: apt-get install nodejs npm")?;
        if !validated.status.success() {
            let said = String::from_utf8_lossy(&validated.stdout);
            let failed = String::from_utf8_lossy(&validated.stderr);
            self.wrong.push(format!("html-validate:\n{said}{failed}"));
        }
        let wrong = self.wrong.join("\n\n");
        ensure!(wrong.is_empty(), "{} pages, and:\n{wrong}", self.count);
        Ok(())
    }
}

/// Where the Makefile puts what comes from npm.
fn modules() -> PathBuf {
    source("../target/npm/node_modules")
}

/// A path beside the sources of the tests.
fn source(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests")
        .join(path)
}
