//! What the foot of every page leads to: where everything is, what was tried for whom, what is kept about
//! whom, who answers for the service.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, Router, response::IntoResponse, routing::get};
use web::{AppState, problem::Problem};

use crate::frame::{Frame, MaybeVisit, Page, Place};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/plan-du-site", get(site_map))
        .route("/accessibilite", get(accessibility))
        .route("/donnees-personnelles", get(personal_data))
        .route("/mentions-legales", get(legal_notice))
}

#[derive(Template)]
#[template(path = "about/site_map.html")]
struct SiteMap {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "about/accessibility.html")]
struct Accessibility {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "about/personal_data.html")]
struct PersonalData {
    frame: Frame,
}

/// The operator's own words, as they were written; nothing where there are none.
pub type Notice = Option<Arc<str>>;

#[derive(Template)]
#[template(path = "about/legal_notice.html")]
struct LegalNotice {
    frame: Frame,
    notice: Notice,
}

async fn site_map(visit: MaybeVisit) -> Result<impl IntoResponse, Problem> {
    let frame = frame(visit, "Plan du site").await?;
    Ok(Page(SiteMap { frame }))
}

async fn accessibility(visit: MaybeVisit) -> Result<impl IntoResponse, Problem> {
    let frame = frame(visit, "Accessibilité : non conforme").await?;
    Ok(Page(Accessibility { frame }))
}

async fn personal_data(visit: MaybeVisit) -> Result<impl IntoResponse, Problem> {
    let frame = frame(visit, "Données personnelles").await?;
    Ok(Page(PersonalData { frame }))
}

async fn legal_notice(
    visit: MaybeVisit,
    Extension(notice): Extension<Notice>,
) -> Result<impl IntoResponse, Problem> {
    let frame = frame(visit, "Mentions légales").await?;
    Ok(Page(LegalNotice { frame, notice }))
}

async fn frame(MaybeVisit(visit): MaybeVisit, title: &'static str) -> Result<Frame, Problem> {
    match visit {
        Some(mut visit) => visit.frame(title, Place::Elsewhere).await,
        None => Ok(Frame::for_nobody(title)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked, framed};

    /// Whoever looks for a page finds it here: those of the menu too, once signed in.
    #[test]
    fn the_map_leads_to_every_room() {
        let nobody = checked(&SiteMap {
            frame: Frame::for_nobody("Plan du site"),
        });
        assert!(nobody.contains("href=\"/connexion\""));
        assert!(!nobody.contains("href=\"/historique\""));
        let head = checked(&SiteMap {
            frame: framed("Plan du site", Place::Elsewhere),
        });
        for path in [
            "/etablissement/classes",
            "/etablissement/personnels",
            "/historique",
        ] {
            assert!(head.contains(&format!("href=\"{path}\"")), "{path}");
        }
    }

    /// Read by whoever is about to give their data, signed in or not.
    #[test]
    fn what_is_kept_is_told_to_anybody() {
        let frame = Frame::for_nobody("Données personnelles");
        assert!(checked(&PersonalData { frame }).contains("effac"));
        let frame = Frame::for_nobody("Accessibilité : non conforme");
        assert!(checked(&Accessibility { frame }).contains("non conforme"));
    }

    /// Who answers for the service is the operator's to say; until they do, the page says whose it is to, and
    /// how.
    #[test]
    fn the_legal_notice_is_the_operators() {
        let page = |notice: Option<&str>| {
            checked(&LegalNotice {
                frame: Frame::for_nobody("Mentions légales"),
                notice: notice.map(Arc::from),
            })
        };
        assert!(page(None).contains("MONSTAGE_LEGAL_NOTICE"));
        for text in NASTY {
            assert!(!page(Some(text)).contains("MONSTAGE_LEGAL_NOTICE"));
        }
        assert!(page(Some("Éditeur :\nRectorat")).contains(">Éditeur :\nRectorat</div>"));
    }
}
