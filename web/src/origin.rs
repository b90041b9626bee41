//! Whether a request comes from our own pages.
//!
//! A browser adds the session cookie to requests that other sites make it send; what says where they
//! come from are headers that a page cannot write itself (Fetch Metadata, and Origin of RFC 6454).

use axum::http::{HeaderMap, HeaderName, header};
use url::Url;

use crate::problem::{Code, Problem};

/// Goes on only with a request that comes from our own pages.
///
/// # Errors
///
/// `forbidden`.
pub fn refuse_others(headers: &HeaderMap, public_url: Option<&Url>) -> Result<(), Problem> {
    if same_origin(headers, public_url) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        "Cette demande ne vient pas d'une page du service : ouvrez-le dans votre navigateur, ou \
         envoyez le jeton dans l'en-tête Authorization.",
    ))
}

/// Whether it does. A request that does not say where it comes from does not.
///
/// `Sec-Fetch-Site` decides alone when it is there: only the browser knows, whatever proxies make of
/// `Host`. Browsers send it to HTTPS and local addresses; elsewhere `Origin` is compared to the
/// address we are reached by.
fn same_origin(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    public_url.is_some_and(|public| public.origin() == origin.origin())
        || text(header::HOST).is_some_and(|host| is_host_of(host, &origin))
}

fn is_host_of(host: &str, origin: &Url) -> bool {
    Url::parse(&format!("{}://{host}", origin.scheme()))
        .is_ok_and(|ours| ours.origin() == origin.origin())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn from(headers: &[(&'static str, &'static str)]) -> bool {
        let public = Url::parse("https://stages.test").unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        same_origin(&headers, Some(&public))
    }

    /// A signed-in head teacher opens a page elsewhere, which posts a roster change here. The
    /// browser adds the cookie; only these headers tell that nobody here asked for it.
    #[test]
    fn only_our_own_pages_use_the_cookie_to_change_something() {
        assert!(from(&[("sec-fetch-site", "same-origin")]));
        assert!(from(&[("origin", "https://stages.test")]));
        assert!(from(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(from(&[("origin", "https://a.test"), ("host", "a.test")]));

        assert!(!from(&[]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!from(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!from(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://stages.test")
        ]));
        assert!(!from(&[("origin", "null")]));
        assert!(!from(&[("origin", "null"), ("host", "null")]));
        assert!(!from(&[("origin", "http://stages.test")]));
        assert!(!from(&[("origin", "https://stages.test.evil.test")]));
        assert!(!from(&[("origin", "http://a.test:81"), ("host", "a.test")]));
    }
}
