//! "Classes au…": the class lists as they were on a day, or before and after an action, with what has changed
//! since then.

mod lists;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::values::long_day;
use projections::as_of;
use web::{
    AppState, fields,
    problem::{FieldErrors, Problem, Wrong},
};

use self::lists::Lists;
use crate::{
    form::{Faults, NotDone},
    frame::{Frame, Page, Place, Visit},
    history::{ESTABLISHMENT, Watched},
};

const PATH: &str = "/historique/classes";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show))
}

#[derive(Template)]
#[template(path = "past_classes/page.html")]
struct PastClassesPage {
    frame: Frame,
    school: Watched,
    /// What was typed, or the day that is shown.
    date: String,
    /// The last day that can be looked at.
    today: NaiveDate,
    faults: Faults,
    /// The day that is shown, and the lists; none when what was typed is no day.
    shown: Option<(NaiveDate, Lists)>,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// What a day made of the lists.
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

impl Moment {
    /// The moment that the address names; today where it names none. Nothing is known of days to come.
    fn read(
        typed: &HashMap<String, String>,
        school: &Watched,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let text = |field| typed.get(field).map_or("", |text: &String| text.trim());
        let mut errors = FieldErrors::default();
        let today = school.clock.at(now).date();
        let read = match (text("date"), text("instant")) {
            ("", "") => Some(Self::Day(today)),
            ("", instant) => errors.take(
                "",
                fields::moment(instant).map(|it| Self::Instant(it.last(school.clock))),
            ),
            (date, _) => errors.take("date", past_day(date, today).map(Self::Day)),
        };
        errors.finish_with(read)
    }

    /// As the title of a page says it.
    fn title(self, school: &Watched) -> String {
        match self {
            Self::Day(day) => format!("Classes au {}", long_day(day)),
            Self::Instant(instant) => {
                let at = school.clock.at(instant);
                format!(
                    "Classes, {}, {}",
                    long_day(at.date()),
                    at.format("%H:%M:%S")
                )
            }
        }
    }

    fn day(self, school: &Watched) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Instant(instant) => school.clock.at(instant).date(),
        }
    }

    /// Up to when what happened counts: to the end of a day.
    fn end(self, school: &Watched) -> DateTime<Utc> {
        match self {
            Self::Day(day) => school.clock.end(day) - TimeDelta::microseconds(1),
            Self::Instant(instant) => instant,
        }
    }
}

fn past_day(text: &str, today: NaiveDate) -> Result<NaiveDate, Wrong> {
    let day = fields::day(text)?;
    if day > today {
        let detail = "Ce jour n'est pas encore arrivé : choisissez aujourd'hui, ou un jour passé.";
        return Err(("out_of_range", detail.into()));
    }
    Ok(day)
}

async fn show(
    State(state): State<AppState>,
    mut visit: Visit,
    Query(typed): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let asked = typed.get(ESTABLISHMENT).map_or("", String::as_str);
    let Some(school) = Watched::find(&mut visit, asked).await? else {
        return Ok(Redirect::to("/historique").into_response());
    };
    let now = state.commands.clock().now();
    let moment = Moment::read(&typed, &school, now);
    let title = match &moment {
        Ok(moment) => moment.title(&school),
        Err(_) => "Classes au…".to_owned(),
    };
    let mut page = PastClassesPage {
        frame: visit.frame(title, Place::History).await?,
        date: typed.get("date").cloned().unwrap_or_default(),
        today: school.clock.at(now).date(),
        faults: Faults::default(),
        shown: None,
        school,
    };
    match moment {
        Err(problem) => page.faults = NotDone::Refused(problem).into(),
        Ok(moment) => {
            let conn = &mut visit.conn();
            let uai = &page.school.uai;
            let then = as_of::class_lists(conn, uai, moment.end(&page.school)).await?;
            let today = as_of::class_lists(conn, uai, now).await?;
            let day = moment.day(&page.school);
            page.date = day.to_string();
            page.shown = Some((day, Lists::new(&then, &today)));
        }
    }
    Ok((page.faults.status(), Page(page)).into_response())
}

impl PastClassesPage {
    /// The day before the one that is shown: its name, and where it is.
    fn before(&self) -> Option<(String, String)> {
        let (day, _) = self.shown.as_ref()?;
        Some(self.link(day.pred_opt()?))
    }

    /// The day after it, unless it is yet to come.
    fn after(&self) -> Option<(String, String)> {
        let (day, _) = self.shown.as_ref()?;
        let next = day.succ_opt().filter(|day| *day <= self.today);
        Some(self.link(next?))
    }

    fn link(&self, day: NaiveDate) -> (String, String) {
        let address = self.school.address(PATH, &[("date", &day.to_string())]);
        (long_day(day), address)
    }

    /// The history that this page belongs to.
    fn history(&self) -> String {
        self.school.address("/historique", &[])
    }

    /// What happened on the day that is shown.
    fn history_of_day(&self) -> String {
        let day = self.date.as_str();
        self.school
            .address("/historique", &[("du", day), ("au", day)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn moment(fields: &[(&str, &str)]) -> Result<Moment, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let typed = fields.iter().map(owned).collect();
        // In Paris it is a quarter to one on the 13th.
        let now = "2027-03-12T23:45:00Z".parse().unwrap();
        let read = Moment::read(&typed, &Watched::sample("Collège"), now);
        read.map_err(|problem| problem.errors()[0].detail.to_string())
    }

    /// Whoever asks for a day means what that day made of the lists, by the clock on the wall.
    #[test]
    fn a_moment_is_a_day_or_an_instant() {
        let school = Watched::sample("Collège");
        let day = |text: &str| Moment::Day(text.parse().unwrap());
        assert_eq!(moment(&[]), Ok(day("2027-03-13")));
        assert_eq!(moment(&[("date", "2027-03-13")]), Ok(day("2027-03-13")));
        let late = moment(&[("date", "2027-03-14")]).unwrap_err();
        assert!(late.contains("pas encore arrivé"), "{late}");
        assert!(moment(&[("date", "12/03/2027")]).is_err());
        assert!(moment(&[("instant", "hier")]).is_err());
        let instant = moment(&[("instant", "2027-03-12T13:02:03.000001Z")]).unwrap();
        assert_eq!(
            instant.title(&school),
            "Classes, vendredi 12 mars 2027, 14:02:03"
        );
        let changed = day("2027-10-31").end(&school);
        assert_eq!(changed.to_string(), "2027-10-31 22:59:59.999999 UTC");
        let changed = day("2027-03-28").end(&school);
        assert_eq!(changed.to_string(), "2027-03-28 21:59:59.999999 UTC");
    }

    fn page(day: &str, lists: Lists) -> String {
        checked(&PastClassesPage {
            frame: framed("Classes au…", Place::History),
            school: Watched::sample(NASTY[2]),
            date: day.to_owned(),
            today: "2027-03-13".parse().unwrap(),
            faults: Faults::default(),
            shown: Some((day.parse().unwrap(), lists)),
        })
    }

    /// A head looks back from day to day, and never to one that is to come.
    #[test]
    fn one_goes_from_day_to_day_up_to_today() {
        let html = page("2027-03-12", Lists::sample(&[]));
        assert!(html.contains("href=\"/historique/classes?date=2027-03-11\""));
        assert!(html.contains("href=\"/historique/classes?date=2027-03-13\""));
        let html = page("2027-03-13", Lists::sample(&[]));
        assert!(!html.contains("2027-03-14"));
        assert!(html.contains("aucune classe"));
    }

    /// Thirty pupils, whatever their names are.
    #[test]
    fn names_show_as_they_are() {
        let names: Vec<&str> = NASTY.into_iter().cycle().take(30).collect();
        let html = page("2027-03-12", Lists::sample(&names));
        assert_eq!(html.matches("<th scope=\"row\">").count(), 30);
        assert!(html.contains("محمد"));
    }
}
