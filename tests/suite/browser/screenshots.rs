//! The main pages as they look in `monstage demo`. `MONSTAGE_SCREENSHOTS=1` writes them to `docs/screenshots`.

use std::{fs, path::PathBuf, time::Duration};

use acceptance::{
    chromium::{Chromium, Setup},
    engine::{self, Engine, TestDatabase},
};
use tokio::time::sleep;

use crate::demo;

/// A page, and what it must show.
struct Shot {
    name: &'static str,
    path: &'static str,
    shows: &'static str,
    is_narrow_too: bool,
}

const fn shot(name: &'static str, path: &'static str, shows: &'static str) -> Shot {
    Shot {
        name,
        path,
        shows,
        is_narrow_too: false,
    }
}

impl Shot {
    const fn narrow_too(self) -> Self {
        Self {
            is_narrow_too: true,
            ..self
        }
    }
}

/// As the head of a collège sees it.
static HEAD: [Shot; 6] = [
    shot("classes", "/etablissement/classes", "Ajouter une classe").narrow_too(),
    shot("class", CLASS, "Enregistrer les modifications").narrow_too(),
    shot(
        "without-class",
        "/etablissement/sans-classe",
        "Choisissez une classe",
    ),
    shot("staff", "/etablissement/personnels", "Inviter"),
    shot("history", "/historique", "Classes au…").narrow_too(),
    shot("past-classes", "/historique/classes", "Classes au"),
];

/// As administrators do.
static ADMINISTRATOR: [Shot; 2] = [
    shot(
        "administration",
        "/administration",
        "Chercher un établissement",
    ),
    shot("figures", "/administration/chiffres", "Semaine par semaine"),
];

/// 3e A of the demonstration, whose ids do not change.
const CLASS: &str = "/classes/01a05b8d-9300-7000-8000-000000002ee0";

/// Whoever starts the demonstration sees what the documentation shows.
#[test]
fn the_demonstration_looks_as_documented() -> anyhow::Result<()> {
    engine::run(async {
        let database = TestDatabase::new(Engine::Sqlite).await?;
        let server = demo::start(&database)?;
        let mut browser = Chromium::start(&server.address, Setup::DESKTOP).await?;
        browser.open("/").await?;
        browser.shows("Démonstration").await?;
        take(&mut browser, "home", true).await?;
        let looks = [
            ("chef d'établissement", &HEAD[..]),
            ("administrateur", &ADMINISTRATOR[..]),
        ];
        for (who, shots) in looks {
            browser.open("/").await?;
            browser.press(who).await?;
            for shot in shots {
                open(&browser, shot).await?;
                take(&mut browser, shot.name, shot.is_narrow_too).await?;
            }
        }
        Ok(())
    })
}

/// Opens it, and again until it shows what it must: figures are counted every now and then.
async fn open(browser: &Chromium, shot: &Shot) -> anyhow::Result<()> {
    for _ in 0..60 {
        browser.open(shot.path).await?;
        if browser.text().await?.contains(shot.shows) {
            break;
        }
        sleep(Duration::from_millis(500)).await;
    }
    browser.shows(shot.shows).await
}

async fn take(browser: &mut Chromium, name: &str, is_narrow_too: bool) -> anyhow::Result<()> {
    keep(name, browser.screenshot().await?)?;
    if is_narrow_too {
        browser.set_up(Setup::TELEPHONE).await?;
        keep(&format!("{name}-narrow"), browser.screenshot().await?)?;
        browser.set_up(Setup::DESKTOP).await?;
    }
    Ok(())
}

/// Where somebody asked for it: the tree stays clean otherwise.
fn keep(name: &str, png: Vec<u8>) -> anyhow::Result<()> {
    if std::env::var_os("MONSTAGE_SCREENSHOTS").is_some() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name).with_extension("png"), png)?;
    }
    Ok(())
}
