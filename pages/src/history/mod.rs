//! "Historique": who did what, one entry an action, by day.

mod asked;
mod choices;
mod entries;
mod kinds;
mod school;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::Query,
    response::{IntoResponse as _, Response},
    routing::get,
};
use projections::history;
use web::{AppState, problem::Problem};

pub(crate) use self::school::{ESTABLISHMENT, Watched};
use self::{asked::Asked, choices::Choices, entries::Day};
use crate::{
    form::{Faults, NotDone},
    frame::{Frame, Page, Place, Visit},
    search::Search,
};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/historique", get(show))
}

#[derive(Template)]
#[template(path = "history/page.html")]
struct HistoryPage {
    frame: Frame,
    school: Watched,
    asked: Asked,
    faults: Faults,
    choices: Choices,
    days: Vec<Day>,
    /// Where the list goes on.
    next: Option<String>,
}

/// Where an administrator chooses whose history to look at.
#[derive(Template)]
#[template(path = "history/choose.html")]
struct ChoosePage {
    frame: Frame,
    search: Search,
}

async fn show(
    mut visit: Visit,
    Query(typed): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let asked = Asked::new(typed);
    let Some(school) = Watched::find(&mut visit, asked.text(ESTABLISHMENT)).await? else {
        return choose(visit, asked.text("q")).await;
    };
    let frame = visit.frame("Historique", Place::History).await?;
    let mut page = HistoryPage {
        frame,
        choices: Choices::read(&mut visit.conn(), &school, &asked).await?,
        school,
        asked,
        faults: Faults::default(),
        days: Vec::new(),
        next: None,
    };
    match page.asked.read(&page.school) {
        Err(problem) => page.faults = NotDone::Refused(problem).into(),
        Ok((filter, before)) => {
            let conn = &mut visit.conn();
            if !history::knows(conn, &filter).await? {
                return Err(Problem::not_found());
            }
            let mut items = history::page(conn, &filter, before, entries::READ).await?;
            let next = entries::cut(&mut items);
            page.next = next.map(|place| page.asked.next(&page.school, place));
            page.days = entries::days(&items, &page.school, filter.class.is_some());
        }
    }
    Ok((page.faults.status(), Page(page)).into_response())
}

async fn choose(mut visit: Visit, query: &str) -> Result<Response, Problem> {
    let frame = visit.frame("Historique", Place::History).await?;
    let search = Search::run(&mut visit.conn(), query).await?;
    Ok(Page(ChoosePage { frame, search }).into_response())
}

impl HistoryPage {
    /// The address of the history without a filter.
    fn everything(&self) -> String {
        self.school.address("/historique", &[])
    }

    /// What stands where there are no entries.
    fn nothing(&self) -> &'static str {
        if self.asked.goes_on() {
            "L'historique s'arrête là."
        } else if self.asked.is_narrow() {
            "Rien ne correspond à ces critères : retirez-en un, ou élargissez la période."
        } else {
            "Rien ne s'est encore passé dans cet établissement. Les inscriptions et les changements de \
             classe se liront ici."
        }
    }
}

#[cfg(test)]
mod tests;
