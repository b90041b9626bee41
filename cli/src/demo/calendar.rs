//! When a collège is at work: the hours of its school days, one after the other, as if nothing lay between
//! them. A story told along them has no deed at night, on a Sunday or in the holidays, however many weeks it
//! has for it.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc, Weekday};
use domain::values::{LocalTime, SchoolYear, SchoolYearError};

/// How long before the rentrée heads and teachers are back.
const PREPARATION: Days = Days::new(8);

/// When a day begins.
const MORNING: TimeDelta = TimeDelta::hours(8);

/// How long ago the last deed is at least.
const LATELY: TimeDelta = TimeDelta::minutes(10);

/// The first and the last day of holidays, as month and day: about when they are in any year and academy.
const HOLIDAYS: [((u32, u32), (u32, u32)); 9] = [
    ((1, 1), (1, 4)),
    ((2, 14), (3, 1)),
    ((4, 10), (4, 26)),
    ((5, 1), (5, 1)),
    ((5, 8), (5, 8)),
    ((7, 5), (8, 23)),
    ((10, 17), (11, 2)),
    ((11, 11), (11, 11)),
    ((12, 19), (12, 31)),
];

/// The school time of a school year up to now.
pub(super) struct SchoolTime {
    pub(super) school_year: SchoolYear,
    /// The first instant of each school day, and how long it lasts.
    days: Vec<(DateTime<Utc>, TimeDelta)>,
    /// How much of it lies before the rentrée.
    pub(super) preparation: TimeDelta,
}

impl SchoolTime {
    /// Of the year with the latest rentrée: in summer that is the one that is over.
    ///
    /// # Errors
    ///
    /// No school year has this day.
    pub(super) fn until(now: DateTime<Utc>, clock: LocalTime) -> Result<Self, SchoolYearError> {
        let now = now - LATELY;
        let school_year = latest(clock.at(now).date())?;
        let rentree = NaiveDate::from_ymd_opt(school_year.year(), 9, 1).unwrap_or_default();
        let mut time = Self {
            school_year,
            days: Vec::new(),
            preparation: TimeDelta::zero(),
        };
        let days = (rentree - PREPARATION).iter_days();
        for day in days.filter(|day| is_school_day(*day)) {
            let begins = clock.start(day) + MORNING;
            if begins >= now {
                break;
            }
            let lasts = hours(day).min(now - begins);
            time.days.push((begins, lasts));
            if day < rentree {
                time.preparation += lasts;
            }
        }
        Ok(time)
    }

    /// How long it is in all.
    pub(super) fn total(&self) -> TimeDelta {
        let lasts = |sum, (_, lasts): &(DateTime<Utc>, TimeDelta)| sum + *lasts;
        self.days.iter().fold(TimeDelta::zero(), lasts)
    }

    /// The instant when so much of it has passed; the last one, when more is asked for.
    pub(super) fn instant(&self, mut passed: TimeDelta) -> DateTime<Utc> {
        let mut last = DateTime::UNIX_EPOCH;
        for (begins, lasts) in &self.days {
            if passed < *lasts {
                return *begins + passed;
            }
            passed -= *lasts;
            last = *begins + *lasts;
        }
        last
    }
}

/// The year of the latest rentrée, on 1 September.
pub(super) fn latest(day: NaiveDate) -> Result<SchoolYear, SchoolYearError> {
    SchoolYear::starting(day.year() - i32::from(day.month() < 9))
}

fn is_school_day(day: NaiveDate) -> bool {
    let date = (day.month(), day.day());
    let is_holiday = |(first, last): &_| (first..=last).contains(&&date);
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !HOLIDAYS.iter().any(is_holiday)
}

/// How long a school day lasts: a Wednesday ends at half past twelve.
fn hours(day: NaiveDate) -> TimeDelta {
    match day.weekday() {
        Weekday::Wed => TimeDelta::minutes(4 * 60 + 30),
        _ => TimeDelta::minutes(9 * 60 + 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> LocalTime {
        LocalTime::of(None, None)
    }

    fn until(now: &str) -> SchoolTime {
        SchoolTime::until(now.parse().unwrap(), paris()).unwrap()
    }

    /// Whoever looks at the history must believe it: nobody creates classes on a Sunday, and the hour on the
    /// wall stays the same when the clocks change.
    #[test]
    fn school_time_is_that_of_people_at_work() {
        let time = until("2026-11-28T10:00:00Z");
        let total = i32::try_from(time.total().num_hours()).unwrap();
        let mut hours: Vec<u32> = Vec::new();
        for hour in 0..total {
            let at = paris().at(time.instant(TimeDelta::hours(hour.into())));
            assert!(is_school_day(at.date()), "{at}");
            hours.push(chrono::Timelike::hour(&at));
        }
        assert_eq!(hours.iter().min(), Some(&8));
        assert_eq!(hours.iter().max(), Some(&17));
        let first = time.instant(TimeDelta::zero());
        assert_eq!(first.to_string(), "2026-08-24 06:00:00 UTC");
        let last = time.instant(time.total());
        assert_eq!(last.to_string(), "2026-11-27 16:30:00 UTC");
    }

    /// The demo is started on any day: there is time for its story, none of it to come.
    #[test]
    fn there_is_school_time_on_any_day() {
        let first: NaiveDate = "2026-08-31".parse().unwrap();
        for day in first.iter_days().take(800) {
            for hour in ["T00:01:00Z", "T12:00:00Z", "T23:59:00Z"] {
                let now = format!("{day}{hour}");
                let time = until(&now);
                assert!(time.total() >= TimeDelta::hours(20), "{now}");
                let last = time.instant(time.total());
                assert!(
                    last <= now.parse::<DateTime<Utc>>().unwrap() - LATELY,
                    "{now}"
                );
            }
        }
    }

    /// In August the year that ended is the one that can be told: that the service counts the next one by then
    /// is what the yearly reset is for.
    #[test]
    fn the_year_is_that_of_the_latest_rentree() {
        let year = |now| until(now).school_year.year();
        assert_eq!(year("2026-09-01T06:00:00Z"), 2026);
        assert_eq!(year("2027-02-28T12:00:00Z"), 2026);
        assert_eq!(year("2027-08-15T12:00:00Z"), 2026);
        assert_eq!(year("2027-08-31T23:00:00Z"), 2027);
    }
}
