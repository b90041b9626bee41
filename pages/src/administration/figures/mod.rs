//! "Chiffres": how the service does, week by week, as charts and as a table.

mod chart;

use askama::Template;
use axum::{Router, extract::State, routing::get};
use chrono::NaiveDate;
use projections::figures::{self, WeekItem};
use web::{AppState, permissions::Action, problem::Problem};

use self::chart::Chart;
use super::grouped;
use crate::frame::{Frame, Page, Place, Visit};

/// A year and a week, so that a week is seen beside that of the year before.
const WEEKS: i64 = 53;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/administration/chiffres", get(show))
}

#[derive(Template)]
#[template(path = "administration/figures/page.html")]
struct FiguresPage {
    frame: Frame,
    charts: Vec<Chart>,
    /// Newest first.
    rows: Vec<Row>,
}

/// A week in the table.
struct Row {
    /// "23/11/2026".
    monday: String,
    /// In the order of the charts.
    numbers: [String; 4],
}

/// What is counted: its name, whether it is the state at the end of a week, and where it stands.
type Figure = (&'static str, bool, fn(&WeekItem) -> i64);

const FIGURES: [Figure; 4] = [
    ("Établissements inscrits", true, |week| week.establishments),
    ("Classes", true, |week| week.classes),
    ("Élèves", true, |week| week.pupils),
    ("Changements de classe", false, |week| week.moves),
];

async fn show(
    State(state): State<AppState>,
    mut visit: Visit,
) -> Result<Page<FiguresPage>, Problem> {
    visit.caller.authorize_anywhere(Action::ReadService)?;
    let frame = visit.frame("Chiffres", Place::Figures).await?;
    let now = state.commands.clock().now();
    let weeks = figures::weeks(&mut visit.conn(), now, WEEKS).await?;
    Ok(Page(FiguresPage::new(frame, &weeks)))
}

impl FiguresPage {
    fn new(frame: Frame, weeks: &[WeekItem]) -> Self {
        let row = |week: &WeekItem| Row {
            monday: short_day(week.monday),
            numbers: FIGURES.map(|(_, _, number)| grouped(number(week))),
        };
        Self {
            frame,
            charts: FIGURES
                .iter()
                .filter_map(|figure| Chart::new(figure, weeks))
                .collect(),
            rows: weeks.iter().rev().map(row).collect(),
        }
    }
}

/// "23/11/2026".
fn short_day(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{checked, framed};

    fn page(weeks: &[WeekItem]) -> String {
        let frame = framed("Chiffres", Place::Figures);
        checked(&FiguresPage::new(frame, weeks))
    }

    fn week(day: u64, pupils: i64) -> WeekItem {
        let first: NaiveDate = "2026-08-31".parse().unwrap();
        WeekItem {
            monday: first + chrono::Days::new(7 * day),
            establishments: 2,
            classes: 8,
            pupils,
            moves: 0,
        }
    }

    /// What the charts draw stands in the table, for whoever cannot see them.
    #[test]
    fn every_number_of_the_charts_stands_in_the_table() {
        let weeks = [week(0, 0), week(1, 7_100), week(2, 912_345)];
        let html = page(&weeks);
        assert_eq!(html.matches("<svg").count(), 4, "{html}");
        for shown in ["31/08/2026", "14/09/2026", "7\u{202f}100", "912\u{202f}345"] {
            assert!(html.contains(shown), "{shown}: {html}");
        }
        assert_eq!(html.matches("<tr>").count(), 1 + weeks.len());
    }

    /// A service that nobody uses yet has no empty charts.
    #[test]
    fn before_the_first_week_there_is_nothing_to_draw() {
        let html = page(&[]);
        assert!(!html.contains("<svg") && !html.contains("<table"), "{html}");
        assert!(html.contains("Rien à compter"), "{html}");
    }
}
