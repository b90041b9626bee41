//! The first page, and what a demonstration offers there.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, Router, routing::get};
use web::{AppState, problem::Problem};

use crate::frame::{Frame, MaybeVisit, Page, Place};

/// The accounts that a demonstration lets anybody sign in with, in one click each; none elsewhere.
pub type Demo = Arc<[DemoHouse]>;

/// A house of the demonstration: a collège, or the service.
pub struct DemoHouse {
    /// How it is called.
    pub name: String,
    /// Who can sign in there.
    pub accounts: Vec<DemoAccount>,
}

/// An account that a demonstration lets anybody sign in with.
pub struct DemoAccount {
    /// What its holder is, in French.
    pub role: &'static str,
    /// What it signs in with.
    pub email: String,
    /// Its password.
    pub password: &'static str,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/", get(show))
}

#[derive(Template)]
#[template(path = "home/page.html")]
struct HomePage {
    frame: Frame,
    demo: Demo,
}

const TITLE: &str = "Mon stage de troisième";

async fn show(
    MaybeVisit(visit): MaybeVisit,
    Extension(demo): Extension<Demo>,
) -> Result<Page<HomePage>, Problem> {
    let frame = match visit {
        Some(mut visit) => visit.frame(TITLE, Place::Elsewhere).await?,
        None => Frame::for_nobody(TITLE),
    };
    Ok(Page(HomePage { frame, demo }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked};

    fn page(demo: impl IntoIterator<Item = DemoHouse>) -> String {
        checked(&HomePage {
            frame: Frame::for_nobody(TITLE),
            demo: demo.into_iter().collect(),
        })
    }

    /// The manual's first step: at the top on the right, two links. The accounts of a demonstration are
    /// nowhere else.
    #[test]
    fn the_first_page_offers_to_sign_in_and_up() {
        let html = page([]);
        assert!(html.contains(">Me connecter</a>"));
        assert!(html.contains(">Créer mon compte</a>"));
        assert!(!html.contains("<form"));
        let houses = NASTY.map(|name| DemoHouse {
            name: name.to_owned(),
            accounts: vec![DemoAccount {
                role: "chef d'établissement",
                email: "claire@ac-demo.test".to_owned(),
                password: "secret",
            }],
        });
        let html = page(houses);
        assert_eq!(html.matches("action=\"/connexion\"").count(), NASTY.len());
    }
}
