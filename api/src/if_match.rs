//! `If-Match` on classes: a change is refused when somebody else was faster.

use axum::http::{HeaderMap, HeaderValue, header};
use web::problem::Problem;

/// The version that the caller looked at, if they say; `*` asks only that the class exists, which
/// every change does.
///
/// # Errors
///
/// `malformed` when it is neither `*` nor one version in quotes, as `ETag` gave it.
pub(super) fn expected_version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_none() {
        match value.to_str().map(str::trim) {
            Ok("*") => return Ok(None),
            Ok(tag) => {
                let digits = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
                if let Some(digits) = digits
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
                    && let Ok(version) = digits.parse()
                {
                    return Ok(Some(version));
                }
            }
            Err(_) => {}
        }
    }
    Err(Problem::malformed(
        "L'en-tête If-Match doit être la version entre guillemets que l'en-tête ETag a donnée, par \
         exemple \"3\".",
    ))
}

/// The tag of a version, for `ETag`.
pub(super) fn tag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<u64>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        expected_version(&headers).map_err(|_| ())
    }

    /// Two colleagues rename the same class. The header is how the second learns of the first, so
    /// what we cannot read must stop the change rather than let it through unchecked.
    #[test]
    fn a_version_is_read_or_the_change_is_stopped() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(None));
        assert_eq!(read(&["\"3\""]), Ok(Some(3)));
        assert_eq!(
            read(&[tag(7).to_str().unwrap().to_owned().leak()]),
            Ok(Some(7))
        );
        for wrong in [
            "3",
            "\"\"",
            "\"x\"",
            "W/\"3\"",
            "\"1\", \"2\"",
            "\"+3\"",
            "\"-1\"",
            "\"99999999999999999999\"",
        ] {
            assert_eq!(read(&[wrong]), Err(()), "{wrong}");
        }
        assert_eq!(read(&["\"1\"", "\"2\""]), Err(()));
    }
}
