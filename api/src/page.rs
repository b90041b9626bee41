//! Lists come in pages: `limit`, `after`, and the cursor `next`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use projections::After;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};
use web::problem::{FieldErrors, Problem, Wrong};

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on this page, in the order of the list.
    pub items: Vec<T>,
    /// Give it as `after` for the next page; null on the last one.
    pub next: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// The most items on the page, from 1 to 200; 50 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<String>,
    /// The cursor `next` of the page before.
    pub(super) after: Option<String>,
}

impl PageParams {
    /// The page that is asked for; what is wrong goes to `errors`.
    pub(super) fn read<C: DeserializeOwned>(
        &self,
        errors: &mut FieldErrors,
    ) -> Option<PageRequest<C>> {
        let limit = errors.take("limit", limit(self.limit.as_deref()));
        let after = errors.take("after", self.after.as_deref().map(decode).transpose());
        Some(PageRequest {
            limit: limit?,
            after: after?,
        })
    }

    /// The page that is asked for, where nothing else is.
    pub(super) fn finish(&self) -> Result<PageRequest<Place>, Problem> {
        let mut errors = FieldErrors::default();
        self.read(&mut errors).ok_or_else(|| errors.into())
    }
}

/// A page that was asked for, by a cursor of this kind.
pub(super) struct PageRequest<C> {
    limit: i64,
    pub(super) after: Option<C>,
}

impl<C> PageRequest<C> {
    /// How many rows to ask the database for: one more than the page, which tells whether another
    /// page follows.
    pub(super) fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts what was read to the page; the cursor of its last item when more follows.
    pub(super) fn cut<T, N: Serialize>(
        &self,
        rows: &mut Vec<T>,
        cursor: impl Fn(&T) -> N,
    ) -> Option<String> {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        if rows.len() <= limit {
            return None;
        }
        rows.truncate(limit);
        rows.last().map(|last| encode(&cursor(last)))
    }
}

/// A place in a list ordered by name, as a cursor holds it: sort key, then id.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place(String, String);

impl From<After> for Place {
    fn from(after: After) -> Self {
        Self(after.sort_key, after.id)
    }
}

impl PageRequest<Place> {
    /// The place, as the read models want it.
    pub(super) fn place(&self) -> Option<After> {
        self.after.as_ref().map(|Place(sort_key, id)| After {
            sort_key: sort_key.clone(),
            id: id.clone(),
        })
    }
}

fn limit(text: Option<&str>) -> Result<i64, Wrong> {
    let Some(text) = text else {
        return Ok(DEFAULT_LIMIT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            let detail = format!("limit doit être un nombre entier de 1 à {MAX_LIMIT}.");
            ("out_of_range", detail.into())
        })
}

fn encode<C: Serialize>(cursor: &C) -> String {
    // Strings and numbers cannot fail to be written as JSON.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

fn decode<C: DeserializeOwned>(text: &str) -> Result<C, Wrong> {
    URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            let detail =
                "Cette suite de liste n'est pas valable : recommencez au début de la liste.";
            ("invalid", detail.into())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(limit: Option<&str>, after: Option<&str>) -> Result<PageRequest<Place>, Problem> {
        PageParams {
            limit: limit.map(str::to_owned),
            after: after.map(str::to_owned),
        }
        .finish()
    }

    /// A school of 400 pupils is read in pages. A cursor that came back as another place would skip
    /// pupils silently.
    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let place = || Place("4f2b01".to_owned(), "0190".to_owned());
        let mut rows = vec![1, 2, 3];
        let page = request(Some("2"), None).unwrap();
        assert_eq!(page.rows(), 3);
        let next = page.cut(&mut rows, |_| place()).unwrap();
        assert_eq!(rows, [1, 2]);

        assert_eq!(request(None, Some(&next)).unwrap().after, Some(place()));
        assert!(page.cut(&mut rows, |_| place()).is_none());
    }

    /// Whatever a client makes up is refused where it is read.
    #[test]
    fn what_is_no_page_is_refused() {
        for limit in ["0", "201", "-1", "abc", "", "1.5"] {
            assert!(request(Some(limit), None).is_err(), "{limit}");
        }
        for after in ["x", "", "bm90IGpzb24", &encode(&12)] {
            assert!(request(None, Some(after)).is_err(), "{after}");
        }
    }
}
