//! What every page tells the browser.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// Nothing but what we serve: a name that holds a script is text, whatever a template forgets.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 2] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    // An address holds the ids of classes and pupils: other sites get none of it.
    (header::REFERRER_POLICY, "same-origin"),
];

/// The layer that adds it. Pages hold personal data: a shared computer keeps none of them.
pub(crate) async fn add(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
