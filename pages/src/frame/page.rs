//! A page as an answer.

use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};
use web::{
    caller::Caller,
    problem::{Code, Problem},
};

/// A page is a type, and its template is checked against it: this shows one.
pub(crate) struct Page<T>(pub(crate) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => Problem::failure(Code::Internal, &error).into_response(),
        }
    }
}

/// Goes on to a page that says what the caller's request just did: reloaded, it does nothing again.
pub(crate) fn done(path: &str, caller: &Caller) -> Redirect {
    Redirect::to(&format!(
        "{path}?{}={}",
        super::visit::DONE,
        caller.correlation
    ))
}
