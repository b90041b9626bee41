//! "Années scolaires": what each run of the yearly reset did.

use askama::Template;
use axum::{Router, extract::Query, routing::get};
use chrono::{DateTime, Utc};
use domain::{
    ids::CorrelationId,
    values::{LocalTime, SchoolYear},
};
use projections::resets::{self, ResetItem};
use serde::Deserialize;
use web::{AppState, permissions::Action, problem::Problem};

use super::{READ, cut, grouped, place};
use crate::frame::{Frame, Page, Place, Visit};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/administration/annees", get(show))
}

#[derive(Template)]
#[template(path = "administration/resets/page.html")]
struct ResetsPage {
    frame: Frame,
    runs: Vec<Row>,
    /// The run after which the list goes on.
    next: Option<CorrelationId>,
}

/// A run in the list.
struct Row {
    year: SchoolYear,
    started: String,
    finished: String,
    establishments: String,
    classes: String,
    students: String,
    actor: String,
}

impl From<ResetItem> for Row {
    fn from(run: ResetItem) -> Self {
        Self {
            year: run.school_year,
            started: minute(run.started_at),
            finished: minute(run.finished_at),
            establishments: grouped(run.establishments),
            classes: grouped(run.classes),
            students: grouped(run.students),
            actor: run
                .actor_name
                .unwrap_or_else(|| "personne effacée".to_owned()),
        }
    }
}

/// "12/07/2027 14:02" in Paris: a run goes through every academy.
fn minute(instant: DateTime<Utc>) -> String {
    let local = LocalTime::of(None, None).at(instant);
    local.format("%d/%m/%Y %H:%M").to_string()
}

/// What the address says.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    suite: String,
}

async fn show(mut visit: Visit, Query(asked): Query<Asked>) -> Result<Page<ResetsPage>, Problem> {
    visit.caller.authorize_anywhere(Action::ReadResets)?;
    let before = place::<CorrelationId>(&asked.suite)?;
    let frame = visit.frame("Années scolaires", Place::Resets).await?;
    let mut runs = resets::list(&mut visit.conn(), before, READ).await?;
    let more = cut(&mut runs);
    Ok(Page(ResetsPage {
        frame,
        next: runs.last().filter(|_| more).map(|last| last.run),
        runs: runs.into_iter().map(Row::from).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use domain::{ids::PersonId, values::Role};
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn run(actor_name: Option<&str>) -> Row {
        let item = ResetItem {
            run: CorrelationId::new(Uuid::nil()),
            school_year: SchoolYear::starting(2027).unwrap(),
            establishments: 7_101,
            classes: 31_234,
            students: 912_345,
            started_at: "2027-07-31T22:30:00Z".parse().unwrap(),
            finished_at: "2027-08-01T01:05:00Z".parse().unwrap(),
            actor_id: PersonId::new(Uuid::nil()),
            actor_role: Role::Administrator,
            actor_name: actor_name.map(str::to_owned),
        };
        item.into()
    }

    fn page(runs: impl IntoIterator<Item = Row>) -> String {
        checked(&ResetsPage {
            frame: framed("Années scolaires", Place::Resets),
            runs: runs.into_iter().collect(),
            next: None,
        })
    }

    /// Operators compare a run with what they saw on their terminal: year, counts, hours on the wall.
    #[test]
    fn a_run_says_when_and_how_much() {
        let html = page(NASTY.map(|name| run(Some(name))));
        assert_eq!(html.matches("<tr>").count(), NASTY.len() + 1);
        let html = page([run(None)]);
        for shown in [
            "2027-2028",
            "01/08/2027 00:30",
            "01/08/2027 03:05",
            "7\u{202f}101",
            "31\u{202f}234",
            "912\u{202f}345",
            "personne effacée",
        ] {
            assert!(html.contains(shown), "{shown}: {html}");
        }
    }

    /// Before the first summer there is nothing, which is said.
    #[test]
    fn without_runs_there_is_no_table() {
        let html = page([]);
        assert!(html.contains("Aucune année") && !html.contains("<table"));
    }
}
