//! What a reset is about to do, for whoever confirms it.

use std::fmt::Write;

use chrono::{Months, NaiveDate};
use domain::values::SchoolYear;

use super::report::ResetReport;

/// How long before the year begins nobody wonders that it is opened.
const EARLY: Months = Months::new(2);

/// What a run does that is told of as a dry run.
pub(super) fn of(planned: &ResetReport, today: NaiveDate) -> String {
    if planned.is_empty() {
        return planned.rules.nothing_to_do();
    }
    let mut text = format!(
        "Ouverture de l'année {} dans {}\nÀ faire : {}\n{}\
         Les classes des années précédentes sont retirées, leurs élèves sortent de l'établissement, les \
         invitations en attente prennent fin ; les comptes et l'historique restent.\n",
        planned.rules.school_year,
        planned.rules.place(),
        planned.totals,
        planned.by_academy()
    );
    if let Some(begins) = begins_late(planned.rules.school_year, today) {
        let _ = writeln!(
            text,
            "Attention : cette année ne commence que le {}, et les classes de l'année en cours sont \
             retirées dès maintenant.",
            begins.format("%d/%m/%Y")
        );
    }
    text
}

/// The day on which pupils come back, when that is long after today.
fn begins_late(school_year: SchoolYear, today: NaiveDate) -> Option<NaiveDate> {
    let begins = NaiveDate::from_ymd_opt(school_year.year(), 9, 1)?;
    (begins > today.checked_add_months(EARLY)?).then_some(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opened in June instead of August, a year takes their classes from schools that still teach.
    #[test]
    fn a_year_that_begins_long_after_today_is_pointed_out() {
        let year = SchoolYear::starting(2027).unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (today, late) in [
            ("2026-11-24", true),
            ("2027-06-30", true),
            ("2027-07-01", false),
            ("2027-08-31", false),
            ("2027-10-02", false),
        ] {
            let begins = begins_late(year, day(today));
            assert_eq!(begins, late.then(|| day("2027-09-01")), "{today}");
        }
    }
}
