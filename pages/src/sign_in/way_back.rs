//! Where somebody was going when they were asked to sign in.

use url::Url;

/// A page of ours, and what was typed there.
pub(super) struct WayBack {
    /// Its path; empty when they came by themselves.
    pub(super) path: String,
    /// The body of the form that could not be sent; empty when there was none.
    pub(super) typed: String,
}

impl WayBack {
    /// What is no path of ours leads nowhere: a link to us must not send anybody elsewhere.
    pub(super) fn new(path: &str, typed: &str) -> Self {
        let path = local(path).unwrap_or_default();
        let typed = if path.is_empty() { "" } else { typed };
        Self {
            path,
            typed: typed.to_owned(),
        }
    }
}

/// The path, as a browser that stands on one of our pages understands it.
fn local(path: &str) -> Option<String> {
    let here = Url::parse("http://here.invalid").ok()?;
    let there = here.join(path).ok()?;
    let is_ours = path.starts_with('/') && there.origin() == here.origin();
    is_ours.then(|| there.path().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message leads to our sign-in page, which leads on to a copy of it elsewhere that says the
    /// password was wrong: it must not.
    #[test]
    fn the_way_back_leads_to_our_own_pages_only() {
        let path = |text| WayBack::new(text, "a=b").path;
        assert_eq!(path("/classes/1"), "/classes/1");
        assert_eq!(path("/classes?fait=1"), "/classes");
        for elsewhere in [
            "",
            "classes",
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "https://evil.test",
            "javascript:alert(1)",
        ] {
            assert_eq!(path(elsewhere), "", "{elsewhere:?}");
        }
        assert_eq!(WayBack::new("//evil.test", "a=b").typed, "");
    }
}
