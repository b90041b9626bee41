//! The page that stands for whatever goes wrong, with what to do next.

use askama::Template;
use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use web::{
    AppState,
    boundary::RequestId,
    problem::{Code, Problem},
};

use super::{Frame, Page, Place, Visit};

#[derive(Template)]
#[template(path = "frame/problem.html")]
struct ProblemPage {
    frame: Frame,
    detail: String,
    ways_on: &'static [(&'static str, &'static str)],
}

const HOME: (&str, &str) = ("Revenir à l'accueil", "/");

/// Where anybody can go from here; whoever is signed in has their own room besides.
fn ways_on(code: Code) -> &'static [(&'static str, &'static str)] {
    match code {
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

impl ProblemPage {
    fn new(problem: &Problem, frame: Frame) -> Self {
        Self {
            frame,
            detail: problem.detail().to_owned(),
            ways_on: ways_on(problem.code()),
        }
    }
}

/// The layer that gives an answer which is an error a page, unless it has one; its headers stay.
pub(crate) async fn as_html(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(request.extensions());
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if is_page(response.headers()) {
        return response;
    }
    let Some(problem) = Problem::of(&response, id) else {
        return response;
    };
    let frame = frame(&state, asked, &problem).await;
    let page = Page(ProblemPage::new(&problem, frame)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, media_type);
    *response.body_mut() = page.into_body();
    response
}

/// Around a mistake stands what its reader can use. A failure of the server asks it for nothing more.
async fn frame(state: &AppState, mut asked: Parts, problem: &Problem) -> Frame {
    let title = problem.code().title();
    if problem.status().is_client_error()
        && let Ok(mut visit) = Visit::from_request_parts(&mut asked, state).await
        && let Ok(frame) = visit.frame(title, Place::Elsewhere).await
    {
        return frame;
    }
    Frame::for_anybody(title)
}

fn is_page(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    media_type.is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use web::problem::Code;

    use super::*;
    use crate::testing::{checked, framed};

    /// Whoever meets an error must learn what to do, whichever it is.
    #[test]
    fn every_error_says_what_to_do_next() {
        for code in Code::ALL.iter().copied() {
            let problem = Problem::new(code, "Ce qui s'est passé <ici>.");
            let anybody = Frame::for_anybody(code.title());
            let html = checked(&ProblemPage::new(&problem, anybody));
            assert!(html.contains("s&#39;est passé &#60;ici&#62;."), "{html}");
            assert!(html.contains("href=\"/\""));
            let head = framed(code.title(), Place::Elsewhere);
            let html = checked(&ProblemPage::new(&problem, head));
            let room = "<li><a href=\"/etablissement/classes\">Mon établissement</a></li>";
            assert!(html.contains(room), "{html}");
        }
    }
}
