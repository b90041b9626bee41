//! "Sceaux": how far the log is sealed, and how to find out whether it is what it was.

use askama::Template;
use axum::{Router, extract::State, routing::get};
use chrono::{DateTime, Utc};
use domain::values::LocalTime;
use store::seals::Seal;
use web::{AppState, permissions::Action, problem::Problem};

use super::grouped;
use crate::frame::{Frame, Page, Place, Visit};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/administration/sceaux", get(show))
}

#[derive(Template)]
#[template(path = "administration/seals/page.html")]
struct SealsPage {
    frame: Frame,
    latest: Option<Latest>,
    /// How many positions of the log come after it.
    lag: i64,
}

/// The seal that was made last.
struct Latest {
    number: String,
    position: String,
    hash: String,
    /// "12/07/2027 14:02:07" in Paris.
    sealed_at: String,
}

impl From<Seal> for Latest {
    fn from(seal: Seal) -> Self {
        Self {
            number: grouped(seal.number),
            position: grouped(seal.position),
            hash: seal.hash,
            sealed_at: second(seal.sealed_at),
        }
    }
}

fn second(instant: DateTime<Utc>) -> String {
    let local = LocalTime::of(None, None).at(instant);
    local.format("%d/%m/%Y %H:%M:%S").to_string()
}

async fn show(State(state): State<AppState>, mut visit: Visit) -> Result<Page<SealsPage>, Problem> {
    visit.caller.authorize_anywhere(Action::ReadService)?;
    let frame = visit.frame("Sceaux", Place::Seals).await?;
    drop(visit);
    let store = state.commands.store();
    let latest = store.latest_seal().await?;
    let sealed = latest.as_ref().map_or(0, |seal| seal.position);
    Ok(Page(SealsPage {
        frame,
        lag: (store.head().await? - sealed).max(0),
        latest: latest.map(Latest::from),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{checked, framed};

    fn page(latest: Option<Seal>, lag: i64) -> String {
        checked(&SealsPage {
            frame: framed("Sceaux", Place::Seals),
            latest: latest.map(Latest::from),
            lag,
        })
    }

    /// An administrator compares the hash with one kept elsewhere, and sees at once that sealing stopped.
    #[test]
    fn the_latest_seal_is_shown_whole() {
        let hash = "0123456789abcdef".repeat(4);
        let seal = Seal {
            number: 812,
            position: 606_123,
            transaction: 0,
            events: 12,
            hash: hash.clone(),
            sealed_at: "2027-07-12T12:02:07Z".parse().unwrap(),
        };
        let html = page(Some(seal.clone()), 0);
        for shown in [
            &*hash,
            "812",
            "606\u{202f}123",
            "12/07/2027 14:02:07",
            "Tout le journal est scellé",
        ] {
            assert!(html.contains(shown), "{shown}: {html}");
        }
        let html = page(Some(seal), 3);
        assert!(html.contains("3 positions"), "{html}");
        assert!(page(None, 0).contains("Rien n'est encore scellé"));
    }
}
