//! Whoever is not signed in, or no longer, signs in first and then goes on.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use url::form_urlencoded::Serializer;
use web::{
    limits::BODY_LIMIT,
    problem::{Code, Problem},
};

use super::{SignInPage, way_back::WayBack};
use crate::frame::Page;

/// The layer that asks for it: a page comes back after signing in, and a form with what was typed.
pub(crate) async fn sign_in_first(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if request.method().is_safe() {
        let response = next.run(request).await;
        return if must_sign_in(&response) {
            let query = Serializer::new(String::new())
                .append_pair("retour", &path)
                .finish();
            Redirect::to(&format!("/connexion?{query}")).into_response()
        } else {
            response
        };
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Problem::of_bare(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let response = next.run(request).await;
    if !must_sign_in(&response) {
        return response;
    }
    let back = WayBack::new(&path, &String::from_utf8_lossy(&body));
    (StatusCode::UNAUTHORIZED, Page(SignInPage::new(back))).into_response()
}

fn must_sign_in(response: &Response) -> bool {
    let problem = response.extensions().get::<Problem>();
    problem.is_some_and(|problem| problem.code() == Code::Unauthenticated)
}
