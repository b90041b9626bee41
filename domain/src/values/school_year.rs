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

/// Not a school year this service can be in: one from 2000 to 2100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a school year is given by the year it starts in (2026) or by both (2026-2027), from {FIRST} to {LAST}"
)]
pub struct SchoolYearError;

impl SchoolYear {
    /// The school year that starts in this calendar year.
    ///
    /// # Errors
    /// When it is not from 2000 to 2100: a slip of the keyboard, in a command that ends a year.
    pub const fn starting(year: i32) -> Result<Self, SchoolYearError> {
        if year < FIRST || year > LAST {
            return Err(SchoolYearError);
        }
        Ok(Self(year))
    }

    /// The school year this day is in; a new one starts on 1 August.
    ///
    /// # Errors
    /// When that year is not from 2000 to 2100.
    pub fn containing(date: NaiveDate) -> Result<Self, SchoolYearError> {
        if date.month() >= FIRST_MONTH {
            Self::starting(date.year())
        } else {
            Self::starting(date.year() - 1)
        }
    }

    /// Reads "2026" or "2026-2027".
    ///
    /// # Errors
    /// When it is neither, or out of the years known.
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

impl From<SchoolYear> for i32 {
    fn from(year: SchoolYear) -> Self {
        year.0
    }
}
