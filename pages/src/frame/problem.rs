//! The page that stands for whatever goes wrong, with what to do next.

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use web::{
    boundary::RequestId,
    problem::{Code, Problem},
};

use super::{Frame, Page};

#[derive(Template)]
#[template(path = "frame/problem.html")]
struct ProblemPage {
    frame: Frame,
    detail: String,
    ways_on: &'static [(&'static str, &'static str)],
}

const HOME: (&str, &str) = ("Revenir à l'accueil", "/");
const CLASSES: (&str, &str) = ("Voir les classes", "/etablissement/classes");

/// Where one can go from here.
fn ways_on(code: Code) -> &'static [(&'static str, &'static str)] {
    match code {
        Code::NotFound | Code::StaleVersion | Code::Conflict => &[CLASSES, HOME],
        Code::TokenInvalid => &[
            (
                "Recevoir un nouveau lien d'activation",
                "/activation/renvoi",
            ),
            ("Mot de passe oublié ?", "/mot-de-passe/oublie"),
            HOME,
        ],
        _ => &[HOME],
    }
}

impl From<&Problem> for ProblemPage {
    fn from(problem: &Problem) -> Self {
        Self {
            frame: Frame::for_anybody(problem.code().title()),
            detail: problem.detail().to_owned(),
            ways_on: ways_on(problem.code()),
        }
    }
}

/// The layer that gives an answer which is an error a page, unless it has one; its headers stay.
pub(crate) async fn as_html(request: Request, next: Next) -> Response {
    let id = RequestId::of(request.extensions());
    let mut response = next.run(request).await;
    if is_page(response.headers()) {
        return response;
    }
    let Some(problem) = Problem::of(&response, id) else {
        return response;
    };
    let page = Page(ProblemPage::from(&problem)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, media_type);
    *response.body_mut() = page.into_body();
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    media_type.is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use web::problem::Code;

    use super::*;
    use crate::testing::checked;

    /// Whoever meets an error must learn what to do, whichever it is.
    #[test]
    fn every_error_says_what_to_do_next() {
        for code in Code::ALL.iter().copied() {
            let problem = Problem::new(code, "Ce qui s'est passé <ici>.");
            let html = checked(&ProblemPage::from(&problem));
            assert!(html.contains("s&#39;est passé &#60;ici&#62;."), "{html}");
            assert!(html.contains("href=\"/\""));
        }
    }
}
