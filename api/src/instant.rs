//! Instants as people write them.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

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
    let text = text.trim();
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let next = day.checked_add_days(Days::new(1)).ok_or(InstantError)?;
        return Ok(next.and_time(NaiveTime::MIN).and_utc() - TimeDelta::microseconds(1));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|instant| instant.to_utc())
        .map_err(|_| InstantError)
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
            "hier",
        ] {
            assert_eq!(utc(wrong), Err(InstantError), "{wrong}");
        }
    }
}
