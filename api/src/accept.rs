//! What a client would rather have (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// The media type among `offered` that the client likes best; the first one, the default, when it does
/// not say, or wants what nobody offers.
pub(super) fn preferred(headers: &HeaderMap, offered: &[&'static str]) -> &'static str {
    let mut best = (0.0, offered.first().copied().unwrap_or_default());
    let values = headers.get_all(header::ACCEPT).iter();
    for range in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |weight| weight.parse::<f32>().unwrap_or_default());
        let named = offered.iter().find(|kind| kind.eq_ignore_ascii_case(name));
        if let Some(kind) = named
            && weight > best.0
        {
            best = (weight, kind);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// A browser, a spreadsheet and a script ask for the same address: who names a form gets it, and
    /// everybody else the default.
    #[test]
    fn the_best_liked_of_what_is_offered() {
        let given = |accept: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            preferred(&headers, &["application/json", "text/csv"])
        };
        assert_eq!(given("text/csv"), "text/csv");
        assert_eq!(given("Text/CSV; header=present"), "text/csv");
        assert_eq!(given("application/json;q=0.5, text/csv;q=0.9"), "text/csv");
        assert_eq!(given("text/csv;q=0.5,application/json"), "application/json");
        assert_eq!(given("text/csv;q=0"), "application/json");
        assert_eq!(given("text/html, */*"), "application/json");
        assert_eq!(given(""), "application/json");
        assert_eq!(preferred(&HeaderMap::new(), &["a/b"]), "a/b");
    }
}
