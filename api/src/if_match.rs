//! `If-Match` on classes: a change is refused when somebody else was faster.

use axum::http::{HeaderMap, HeaderValue, header};
use web::problem::Problem;

/// The versions of which the caller looked at one, if they say; `*` asks only that the class exists, which
/// every change does.
///
/// A tag may be weak: a proxy that compresses answers makes it so, and it names one version all the same. A tag
/// that was never given out matches none.
///
/// # Errors
///
/// `malformed` when it is neither `*` nor tags in quotes (RFC 9110, section 13.1.1).
pub(super) fn expected_versions(headers: &HeaderMap) -> Result<Option<Vec<u64>>, Problem> {
    let values = headers.get_all(header::IF_MATCH).iter();
    let Ok(values) = values
        .map(HeaderValue::to_str)
        .collect::<Result<Vec<_>, _>>()
    else {
        return Err(unreadable());
    };
    // A field that comes in several lines is one list (RFC 9110, section 5.3).
    let list = values.join(",");
    match list.trim() {
        "*" => Ok(None),
        _ if values.is_empty() => Ok(None),
        list => versions(list).map(Some).ok_or_else(unreadable),
    }
}

/// The versions that a list of tags names; none when it is no such list.
fn versions(list: &str) -> Option<Vec<u64>> {
    let mut versions = Vec::new();
    let mut rest = list.trim_matches([' ', '\t', ',']);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let tag = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (version, after) = tag.split_once('"')?;
        if version.bytes().all(|byte| byte.is_ascii_digit()) {
            versions.extend(version.parse::<u64>());
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
        let is_next = rest.is_empty() || after.trim_start_matches([' ', '\t']).starts_with(',');
        if !is_next {
            return None;
        }
    }
    Some(versions)
}

fn unreadable() -> Problem {
    Problem::malformed(
        "L'en-tête If-Match doit être * ou la version entre guillemets que l'en-tête ETag a donnée, par \
         exemple \"3\".",
    )
}

/// The tag of a version, for `ETag`.
pub(super) fn tag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<Vec<u64>>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        expected_versions(&headers).map_err(|_| ())
    }

    /// Two colleagues rename the same class. The header is how the second learns of the first: whatever the
    /// proxies on its way made of it, it says which version they looked at.
    #[test]
    fn a_version_is_read_however_it_comes() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(None));
        assert_eq!(read(&[" * "]), Ok(None));
        let given = tag(7).to_str().unwrap().to_owned().leak();
        for (values, versions) in [
            (&["\"3\""][..], vec![3]),
            (&[given], vec![7]),
            (&["W/\"3\""], vec![3]),
            (&["\"1\", W/\"2\""], vec![1, 2]),
            (&["\"1\"", "\"2\" ,"], vec![1, 2]),
            (&["\"1,2\",\"3\""], vec![3]),
            (&["\"\""], vec![]),
            (&["\"x\""], vec![]),
            (&["\"+3\""], vec![]),
            (&["\"99999999999999999999\""], vec![]),
        ] {
            assert_eq!(read(values), Ok(Some(versions)), "{values:?}");
        }
    }

    /// What we cannot read must stop the change rather than let it through unchecked.
    #[test]
    fn what_is_no_version_stops_the_change() {
        for wrong in [
            "3",
            "",
            ",",
            "\"3",
            "W/3",
            "w/\"3\"",
            "\"1\" \"2\"",
            "\"1\"*",
        ] {
            assert_eq!(read(&[wrong]), Err(()), "{wrong}");
        }
        assert_eq!(read(&["*", "\"2\""]), Err(()));
    }
}
