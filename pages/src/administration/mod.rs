//! "Administration", where administrators land: any establishment is found, with where it stands.

mod establishment;
mod figures;
mod resets;
mod seals;
mod standing;

use std::str::FromStr;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    routing::get,
};
use projections::directory::DirectoryEntry;
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use web::{
    AppState,
    permissions::Action,
    problem::{FieldErrors, Problem},
};

use self::standing::Standing;
use crate::{
    frame::{Frame, Page, Place, Visit},
    search::Search,
};

const PATH: &str = "/administration";

/// How many rows of a list are shown at once.
const MOST: usize = 50;

/// How many to read: one more than are shown tells that more follow.
const READ: i64 = 51;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(PATH, get(show))
        .merge(establishment::routes())
        .merge(figures::routes())
        .merge(resets::routes())
        .merge(seals::routes())
}

#[derive(Template)]
#[template(path = "administration/page.html")]
struct SearchPage {
    frame: Frame,
    search: Search,
    /// What it found, each with where it stands.
    found: Vec<Standing>,
    /// Where the list goes on.
    next: Option<String>,
}

/// What the address says.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    suite: String,
}

async fn show(
    State(state): State<AppState>,
    mut visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Page<SearchPage>, Problem> {
    visit.caller.authorize_anywhere(Action::ReadService)?;
    let first = i64::from(place::<u32>(&asked.suite)?.unwrap_or_default());
    let frame = visit.frame("Établissements", Place::Establishments).await?;
    let mut search = Search::from(&mut visit.conn(), &asked.q, first, READ).await?;
    let more = cut(&mut search.found);
    let standing = |entry: &DirectoryEntry| Standing::new(entry.clone(), state.sign_up.order);
    Ok(Page(SearchPage {
        frame,
        found: search.found.iter().map(standing).collect(),
        next: more.then(|| next(&search.query, first)),
        search,
    }))
}

/// Where a list goes on; from its beginning, where nothing is said.
fn place<T: FromStr>(text: &str) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut errors = FieldErrors::default();
    let detail = "Cette suite n'existe pas : reprenez la liste à son début.";
    let place = text.parse().map_err(|_| ("invalid", detail.into()));
    let place = errors.take("suite", place);
    errors.finish_with(place.map(Some))
}

/// Cuts what was read to what is shown; whether more follow.
fn cut<T>(rows: &mut Vec<T>) -> bool {
    let more = rows.len() > MOST;
    rows.truncate(MOST);
    more
}

/// "912 345", which a line never breaks.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if number < 0 {
        format!("−{text}")
    } else {
        text
    }
}

/// The address where the search goes on. The order is that of the match, which nothing of the last row
/// tells: the address counts.
fn next(query: &str, first: i64) -> String {
    let follows = (first + READ - 1).to_string();
    let mut fields = Serializer::new(String::new());
    if !query.is_empty() {
        fields.append_pair("q", query);
    }
    format!("{PATH}?{}", fields.append_pair("suite", &follows).finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked, framed, listed};

    fn page(query: &str, names: &[&str]) -> String {
        checked(&SearchPage {
            frame: framed("Établissements", Place::Establishments),
            search: Search {
                query: query.to_owned(),
                found: names.iter().map(|name| listed(name)).collect(),
                fault: String::new(),
            },
            found: names.iter().map(|name| Standing::sample(name)).collect(),
            next: Some(next(query, 0)),
        })
    }

    /// Names, cities and what was searched for stand as they are, and a row leads to its establishment.
    #[test]
    fn what_is_found_is_shown_as_it_is_named() {
        for name in NASTY {
            let html = page(name, &[name]);
            let link = r#"href="/administration/etablissements/9990021U""#;
            assert_eq!(html.matches(link).count(), 1, "{html}");
        }
        for count in [1, 50] {
            let html = page("", &vec!["Collège Olympe"; count]);
            assert_eq!(html.matches("<tr>").count(), count + 1);
        }
    }

    /// Whoever finds nothing is told what else to try, and sees no empty table.
    #[test]
    fn nothing_found_says_what_to_try() {
        let html = page("Arles & <Nord>", &[]);
        assert!(html.contains("« Arles &#38; &#60;Nord&#62; »"), "{html}");
        assert!(!html.contains("<table"));
    }

    /// The next page asks for the same words, from where this one ends; an address that somebody made up
    /// shows no other place.
    #[test]
    fn a_search_goes_on_where_it_ended() {
        assert_eq!(next("", 0), "/administration?suite=50");
        let address = next("Œ&=", 50);
        assert_eq!(address, "/administration?q=%C5%92%26%3D&suite=100");
        assert_eq!(place::<u32>("100").unwrap(), Some(100));
        assert_eq!(place::<u32>("").unwrap(), None);
        for wrong in ["-1", "x", " ", "99999999999"] {
            assert!(place::<u32>(wrong).is_err(), "{wrong}");
        }
        let (mut whole, mut longer) = (vec![(); 50], vec![(); 51]);
        assert!(!cut(&mut whole) && cut(&mut longer));
        assert_eq!((whole.len(), longer.len()), (50, 50));
    }

    /// A million pupils is read at a glance.
    #[test]
    fn numbers_are_grouped_as_in_french() {
        let told = [0, 12, 999, 1_000, 912_345, -1_234].map(grouped);
        let expected = [
            "0",
            "12",
            "999",
            "1\u{202f}000",
            "912\u{202f}345",
            "−1\u{202f}234",
        ];
        assert_eq!(told, expected);
    }
}
