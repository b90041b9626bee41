//! The session's cookie.

use axum::http::{HeaderValue, header::InvalidHeaderValue};
use url::Url;

use crate::caller::COOKIE;

/// Sets it for as long as the browser stays open: school computers are shared. The server ends the
/// session in any case.
pub(crate) fn set(
    token: &str,
    public_url: Option<&Url>,
) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!("{COOKIE}={token}; {}", attributes(public_url)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Removes it.
pub(crate) fn clear(public_url: Option<&Url>) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::try_from(format!("{COOKIE}=; Max-Age=0; {}", attributes(public_url)))
}

/// Out of reach of scripts, of forms on other sites, and of connections that others can read where
/// there is a better one.
fn attributes(public_url: Option<&Url>) -> &'static str {
    if public_url.is_some_and(|url| url.scheme() == "https") {
        "Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cookie is the session: whoever reads it is its holder. Over HTTPS it must never travel
    /// in clear; on a developer's machine without HTTPS, signing in must still work.
    #[test]
    fn the_cookie_is_for_https_where_there_is_https() {
        let set = |url: &str| {
            let url = Url::parse(url).unwrap();
            set("abc", Some(&url)).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(
            set("https://stages.test"),
            "monstage_session=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            set("http://localhost:8080"),
            "monstage_session=abc; Path=/; HttpOnly; SameSite=Lax"
        );
    }
}
