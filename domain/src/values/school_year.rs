use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

const FIRST: i32 = 2000;
const LAST: i32 = 2100;
const FIRST_MONTH: u32 = 8;

/// A school year, known by the calendar year it starts in: 2026 is 2026–2027.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct SchoolYear(i32);

/// Not a school year this service can be in, one from 2000 to 2100: a slip of the keyboard, and it may
/// be in a command that ends a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a school year is given by the year it starts in (2026) or by both (2026-2027), from {FIRST} to {LAST}"
)]
pub struct SchoolYearError;

impl SchoolYear {
    /// The school year that starts in this calendar year.
    pub const fn starting(year: i32) -> Result<Self, SchoolYearError> {
        if year < FIRST || year > LAST {
            return Err(SchoolYearError);
        }
        Ok(Self(year))
    }

    /// The school year this day is in; a new one starts on 1 August.
    pub fn containing(date: NaiveDate) -> Result<Self, SchoolYearError> {
        if date.month() >= FIRST_MONTH {
            Self::starting(date.year())
        } else {
            Self::starting(date.year() - 1)
        }
    }

    /// Reads "2026" or "2026-2027".
    pub fn parse(text: &str) -> Result<Self, SchoolYearError> {
        let text = text.trim();
        let number = text.split_once('-').map_or(text, |(start, _)| start);
        let year = Self::starting(number.parse().map_err(|_| SchoolYearError)?)?;
        if text == year.year().to_string() || text == year.label() {
            Ok(year)
        } else {
            Err(SchoolYearError)
        }
    }

    /// The calendar year it starts in.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0
    }

    /// How people write it: "2026-2027".
    #[must_use]
    pub fn label(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.0 + 1)
    }
}

impl FromStr for SchoolYear {
    type Err = SchoolYearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<i32> for SchoolYear {
    type Error = SchoolYearError;

    fn try_from(year: i32) -> Result<Self, Self::Error> {
        Self::starting(year)
    }
}

/// As a database counts.
impl TryFrom<i64> for SchoolYear {
    type Error = SchoolYearError;

    fn try_from(year: i64) -> Result<Self, Self::Error> {
        let year = i32::try_from(year).map_err(|_| SchoolYearError)?;
        Self::starting(year)
    }
}

impl From<SchoolYear> for i32 {
    fn from(year: SchoolYear) -> Self {
        year.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The year decides which classes an establishment works with. One day off at the turn of the
    /// year, and a head would prepare September's classes in the year that ends.
    #[test]
    fn a_school_year_turns_on_the_first_of_august() {
        let year = |y, m, d| SchoolYear::containing(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        let expected = SchoolYear::starting(2026);
        assert_eq!(year(2026, 8, 1), expected);
        assert_eq!(year(2027, 7, 31), expected);
        assert_eq!(year(2027, 8, 1), SchoolYear::starting(2027));
        assert_eq!(year(1999, 12, 31), Err(SchoolYearError));
    }

    /// Whoever opens a new year types it once, for every establishment in France.
    #[test]
    fn a_school_year_is_read_and_labelled() {
        let year = SchoolYear::starting(2026).unwrap();
        assert_eq!(year.label(), "2026-2027");
        assert_eq!(SchoolYear::parse("2026"), Ok(year));
        assert_eq!(SchoolYear::parse(" 2026-2027 "), Ok(year));
        for wrong in [
            "2026-2028",
            "2026-",
            "26",
            "20266",
            "1999",
            "2101",
            "-2026",
            "+2026",
            "002026",
            "+2026-2027",
        ] {
            assert_eq!(SchoolYear::parse(wrong), Err(SchoolYearError), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&year).unwrap(), "2026");
        assert!(serde_json::from_str::<SchoolYear>("1999").is_err());
    }

    /// A slip of the keyboard in the year of a reset would end classes for a century: no year is taken
    /// from outside those that the service can live to see, and each of these is.
    #[test]
    fn a_school_year_starts_from_2000_to_2100() {
        for (year, known) in [(1999, false), (2000, true), (2100, true), (2101, false)] {
            let read = SchoolYear::starting(year);
            assert_eq!(read.is_ok(), known, "{year}");
            assert_eq!(read, SchoolYear::parse(&year.to_string()));
        }
    }
}
