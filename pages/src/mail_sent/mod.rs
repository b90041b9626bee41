//! What to do after a message was asked for: the same whether or not the address is known.

use askama::Template;
use axum::{Router, routing::get};
use web::AppState;

use crate::frame::{Frame, Page};

pub(crate) const SIGNED_UP: &str = "/inscription/courriel";
pub(crate) const ACTIVATION_ASKED: &str = "/activation/renvoi/courriel";
pub(crate) const PASSWORD_ASKED: &str = "/mot-de-passe/oublie/courriel";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(SIGNED_UP, get(async || page(TO_ACTIVATE)))
        .route(ACTIVATION_ASKED, get(async || page(AGAIN)))
        .route(PASSWORD_ASKED, get(async || page(TO_CHANGE)))
}

const TO_ACTIVATE: &str = "Vous allez recevoir un courriel : suivez son lien pour choisir votre mot de \
                           passe et activer votre compte.";
const AGAIN: &str = "Si une inscription attend à cette adresse, vous allez recevoir à nouveau le \
                     courriel d'activation.";
const TO_CHANGE: &str = "Si cette adresse a un compte, vous allez recevoir sous quelques minutes un \
                         courriel vous indiquant comment réinitialiser votre mot de passe.";

#[derive(Template)]
#[template(path = "mail_sent/page.html")]
struct MailSentPage {
    frame: Frame,
    next: &'static str,
}

fn page(next: &'static str) -> Page<MailSentPage> {
    Page(MailSentPage {
        frame: Frame::for_nobody("Regardez votre messagerie"),
        next,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::checked;

    /// Somebody waits for a message that does not come: the page says where to look, and how to ask again.
    #[test]
    fn it_says_what_to_do_when_nothing_comes() {
        let html = checked(&page("Vous allez recevoir un courriel.").0);
        assert!(html.contains("indésirables"), "{html}");
        assert!(html.contains("href=\"/activation/renvoi\""), "{html}");
    }
}
