//! Instants as people write them.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A text is neither an instant nor a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an instant such as 2027-03-12T08:00:00Z nor a day such as 2027-03-12")]
pub struct InstantError;

/// Reads an instant (RFC 3339), or a day, which stands for its last microsecond in UTC: whoever asks what
/// a list was on a day means what that day made of it.
///
/// # Errors
///
/// When it is neither.
pub fn parse(text: &str) -> Result<DateTime<Utc>, InstantError> {
    read(text, |day| {
        midnight_after(day).map(|end| end - TimeDelta::microseconds(1))
    })
}

/// Reads the first instant of a period; a day stands for its beginning in UTC.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_since(text: &str) -> Result<DateTime<Utc>, InstantError> {
    read(text, |day| Ok(day.and_time(NaiveTime::MIN).and_utc()))
}

/// Reads the end of a period, which no longer belongs to it; a day stands for its end in UTC, and so
/// belongs to it whole.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_until(text: &str) -> Result<DateTime<Utc>, InstantError> {
    read(text, midnight_after)
}

fn read(
    text: &str,
    of_day: impl FnOnce(NaiveDate) -> Result<DateTime<Utc>, InstantError>,
) -> Result<DateTime<Utc>, InstantError> {
    let text = text.trim();
    let instant = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) if (0..=9_999).contains(&day.year()) => of_day(day)?,
        Ok(_) => return Err(InstantError),
        Err(_) => {
            let instant = DateTime::parse_from_rfc3339(text).map_err(|_| InstantError)?;
            instant.to_utc()
        }
    };
    Ok(comparable(instant))
}

fn midnight_after(day: NaiveDate) -> Result<DateTime<Utc>, InstantError> {
    let next = day.checked_add_days(Days::new(1)).ok_or(InstantError)?;
    Ok(next.and_time(NaiveTime::MIN).and_utc())
}

/// SQLite compares instants as texts, which sort only while a year has four digits: the end of 9999-12-31 is
/// its last microsecond, and so on. Nothing happens beyond.
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

    /// "Who was in 3e A on 12 March?" and "at 8 o'clock in Mayotte?" are both asked; a slip of the
    /// keyboard must not be answered with another moment's list.
    #[test]
    fn an_instant_or_a_day() {
        let utc = |text: &str| parse(text).map(|instant| instant.to_rfc3339());
        assert_eq!(
            utc("2027-03-12T08:00:00Z").unwrap(),
            "2027-03-12T08:00:00+00:00"
        );
        assert_eq!(
            utc("2027-03-12T08:00:00+03:00").unwrap(),
            "2027-03-12T05:00:00+00:00"
        );
        assert_eq!(
            utc("2027-03-12").unwrap(),
            "2027-03-12T23:59:59.999999+00:00"
        );
        for wrong in [
            "",
            "12/03/2027",
            "2027-03-12T08:00:00",
            "2027-02-30",
            "+12027-03-12",
            "-0001-03-12",
            "hier",
        ] {
            assert_eq!(utc(wrong), Err(InstantError), "{wrong}");
        }
    }

    /// "For ever" is written 9999-12-31, at whatever clock. Both engines can compare what it is read as.
    #[test]
    fn the_last_day_that_can_be_written_is_a_day_too() {
        let last = "9999-12-31T23:59:59.999999+00:00";
        for text in [
            "9999-12-31",
            "9999-12-31T23:59:59.999999Z",
            "9999-12-31T23:59:59-10:00",
        ] {
            assert_eq!(parse(text).unwrap().to_rfc3339(), last, "{text}");
            assert_eq!(parse_until(text).unwrap().to_rfc3339(), last, "{text}");
        }
        let first = "0000-01-01T00:00:00+00:00";
        for text in ["0000-01-01", "0000-01-01T00:00:00+14:00"] {
            assert_eq!(parse_since(text).unwrap().to_rfc3339(), first, "{text}");
        }
    }

    /// "From 12 to 13 March" means both days whole, to whoever asks what happened. A period that lost its
    /// last microsecond would lose an event.
    #[test]
    fn a_period_holds_its_first_and_its_last_day_whole() {
        let since = parse_since("2027-03-12").unwrap();
        let until = parse_until("2027-03-13").unwrap();
        assert_eq!(since.to_rfc3339(), "2027-03-12T00:00:00+00:00");
        assert_eq!(until.to_rfc3339(), "2027-03-14T00:00:00+00:00");
        let at = "2027-03-12T08:00:00Z";
        assert_eq!(parse_since(at), parse_until(at));
        assert_eq!(parse_until("demain"), Err(InstantError));
    }
}
