//! Instants as people write them.

use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::values::LocalTime;

/// A text is neither an instant nor a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an instant such as 2027-03-12T08:00:00Z nor a day such as 2027-03-12")]
pub struct InstantError;

/// An instant (RFC 3339), or a day: when that begins and ends is for the clock of those to say whom it is asked
/// about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
}

impl Moment {
    /// The last microsecond of a day: whoever asks what a list was on a day means what that day made of it.
    #[must_use]
    pub fn last(self, clock: LocalTime) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => instant,
            Self::Day(day) => clock.end(day) - TimeDelta::microseconds(1),
        }
    }

    /// The first instant of a period that begins with it.
    #[must_use]
    pub fn first(self, clock: LocalTime) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => instant,
            Self::Day(day) => clock.start(day),
        }
    }

    /// The end of a period, which no longer belongs to it; a day belongs to it whole.
    #[must_use]
    pub fn end(self, clock: LocalTime) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => instant,
            Self::Day(day) => clock.end(day),
        }
    }
}

impl FromStr for Moment {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        let text = text.trim();
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(day) if (0..=9_999).contains(&day.year()) => Ok(Self::Day(day)),
            Ok(_) => Err(InstantError),
            Err(_) => {
                let instant = DateTime::parse_from_rfc3339(text).map_err(|_| InstantError)?;
                Ok(Self::Instant(comparable(instant.to_utc())))
            }
        }
    }
}

/// SQLite compares instants as texts, which sort only while a year has four digits. Nothing happens beyond.
fn comparable(instant: DateTime<Utc>) -> DateTime<Utc> {
    let year =
        |year| NaiveDate::from_yo_opt(year, 1).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    match (year(0), year(10_000)) {
        (Some(first), Some(end)) => instant.clamp(first, end - TimeDelta::microseconds(1)),
        _ => instant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Moment, InstantError> {
        text.parse()
    }

    fn last(text: &str, clock: LocalTime) -> String {
        read(text).unwrap().last(clock).to_rfc3339()
    }

    /// "Who was in 3e A on 12 March?" and "at 8 o'clock in Mayotte?" are both asked; a slip of the
    /// keyboard must not be answered with another moment's list.
    #[test]
    fn an_instant_or_a_day() {
        let utc = LocalTime::utc();
        let mayotte = LocalTime::of(Some("Mayotte"), None);
        let at = "2027-03-12T08:00:00+03:00";
        for clock in [utc, mayotte] {
            assert_eq!(last(at, clock), "2027-03-12T05:00:00+00:00");
        }
        let day = "2027-03-12";
        assert_eq!(last(day, utc), "2027-03-12T23:59:59.999999+00:00");
        assert_eq!(last(day, mayotte), "2027-03-12T20:59:59.999999+00:00");
        for wrong in [
            "",
            "12/03/2027",
            "2027-03-12T08:00:00",
            "2027-02-30",
            "+12027-03-12",
            "-0001-03-12",
            "hier",
        ] {
            assert_eq!(read(wrong), Err(InstantError), "{wrong}");
        }
    }

    /// "From 27 to 28 March" means both days whole, to whoever asks what happened, also when the clocks change
    /// in one of them. A period that lost its last microsecond would lose an event.
    #[test]
    fn a_period_holds_its_first_and_its_last_day_whole() {
        let paris = LocalTime::of(None, None);
        let since = read("2027-03-27").unwrap().first(paris);
        let until = read("2027-03-28").unwrap().end(paris);
        assert_eq!(since.to_rfc3339(), "2027-03-26T23:00:00+00:00");
        assert_eq!(until.to_rfc3339(), "2027-03-28T22:00:00+00:00");
        let autumn = read("2027-10-31").unwrap();
        let hours = (autumn.end(paris) - autumn.first(paris)).num_hours();
        assert_eq!(hours, 25);
        let at = read("2027-03-12T08:00:00Z").unwrap();
        assert_eq!(at.first(paris), at.end(paris));
    }

    /// "For ever" is written 9999-12-31, at whatever clock. Both engines can compare what it is read as.
    #[test]
    fn the_last_day_that_can_be_written_is_a_day_too() {
        let noumea = LocalTime::of(None, Some("Nouvelle-Calédonie"));
        for text in ["9999-12-31", "9999-12-31T23:59:59-10:00"] {
            let end = read(text).unwrap().end(noumea);
            assert!((9_998..=9_999).contains(&end.year()), "{text}: {end}");
        }
        for text in ["0000-01-01", "0000-01-01T00:00:00+14:00"] {
            let first = read(text).unwrap().first(noumea);
            assert!((0..=1).contains(&first.year()), "{text}: {first}");
        }
    }
}
