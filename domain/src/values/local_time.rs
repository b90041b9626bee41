//! The clock that people live by, which is their academy's: the log keeps UTC.

use chrono::{
    DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _,
    Timelike as _, Utc,
};
use chrono_tz::{America, Europe, Indian, Pacific, Tz, UTC};

/// The clocks other than that of Paris, by what is in the name of a department or of an academy however it
/// is written: "La Réunion" and "REUNION", "Polynésie Française". Saint-Pierre-et-Miquelon belongs to an
/// academy of the mainland, so that its department comes first.
const ELSEWHERE: [(&str, Tz); 9] = [
    ("union", Indian::Reunion),
    ("mayotte", Indian::Mayotte),
    ("guadeloupe", America::Guadeloupe),
    ("martinique", America::Martinique),
    ("guyane", America::Cayenne),
    ("miquelon", America::Miquelon),
    ("donie", Pacific::Noumea),
    ("polyn", Pacific::Tahiti),
    ("wallis", Pacific::Wallis),
];

const DAYS: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

const NO_BREAK: char = '\u{a0}';

/// The clock of an establishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime(Tz);

impl LocalTime {
    /// The clock of this department in this academy, as the directory names them; that of Paris where it
    /// says nothing.
    #[must_use]
    pub fn of(department: Option<&str>, academy: Option<&str>) -> Self {
        let zone_of = |name: &str| {
            let name = name.to_lowercase();
            let mut known = ELSEWHERE.into_iter();
            Some(known.find(|(part, _)| name.contains(part))?.1)
        };
        let zone = department
            .and_then(zone_of)
            .or_else(|| academy.and_then(zone_of));
        Self(zone.unwrap_or(Europe::Paris))
    }

    /// The clock of whoever is in no establishment, or in several.
    #[must_use]
    pub const fn utc() -> Self {
        Self(UTC)
    }

    /// The IANA name of its time zone: "Europe/Paris".
    #[must_use]
    pub fn zone(self) -> &'static str {
        self.0.name()
    }

    /// An instant, as people there read it: "12 mars 2027 à 9 h 05", its hour never parted at the end of a line.
    #[must_use]
    pub fn told(self, instant: DateTime<Utc>) -> String {
        let at = self.at(instant);
        let (date, hour, minute) = (date(at.date()), at.hour(), at.minute());
        format!("{date} à {hour}{NO_BREAK}h{NO_BREAK}{minute:02}")
    }

    /// What a calendar and a clock on the wall there show.
    #[must_use]
    pub fn at(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// The first instant of a day there.
    #[must_use]
    pub fn start(self, day: NaiveDate) -> DateTime<Utc> {
        // Nobody's history reaches further, and both engines can compare what lies between.
        let first = NaiveDate::from_yo_opt(1, 1).unwrap_or(NaiveDate::MIN);
        let last = NaiveDate::from_yo_opt(9_998, 365).unwrap_or(NaiveDate::MAX);
        let day = day.clamp(first, last);
        let midnight = day.and_time(NaiveTime::MIN);
        let local = self.0.from_local_datetime(&midnight).earliest();
        local.map_or_else(|| midnight.and_utc(), |local| local.to_utc())
    }

    /// The first instant that is after a day there.
    #[must_use]
    pub fn end(self, day: NaiveDate) -> DateTime<Utc> {
        self.start(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }
}

/// "jeudi 12 mars 2027".
#[must_use]
pub fn long_day(day: NaiveDate) -> String {
    let weekday = DAYS[day.weekday().num_days_from_monday() as usize];
    format!("{weekday} {}", date(day))
}

/// "12 mars 2027".
fn date(day: NaiveDate) -> String {
    let month = MONTHS[day.month0() as usize];
    let first = if day.day() == 1 { "er" } else { "" };
    format!("{}{first} {month} {}", day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn wall(department: Option<&str>, academy: Option<&str>, instant: &str) -> String {
        let clock = LocalTime::of(department, academy);
        clock.at(instant.parse().unwrap()).to_string()
    }

    /// A head in Nouméa who moved a pupil on Monday morning did not do it on Sunday evening.
    #[test]
    fn each_academy_has_its_clock() {
        let noon = "2027-01-15T12:00:00Z";
        let hours = [
            (Some("Paris"), None, "13:00:00"),
            (None, None, "13:00:00"),
            (Some("974"), Some("La Réunion"), "16:00:00"),
            (None, Some("REUNION"), "16:00:00"),
            (Some("Mayotte"), Some("Mayotte"), "15:00:00"),
            (Some("Guadeloupe"), None, "08:00:00"),
            (None, Some("Martinique"), "08:00:00"),
            (None, Some("Guyane"), "09:00:00"),
            (
                Some("Saint-Pierre-et-Miquelon"),
                Some("Normandie"),
                "09:00:00",
            ),
            (None, Some("Nouvelle Calédonie"), "23:00:00"),
            (None, Some("Polynésie Française"), "02:00:00"),
        ];
        for (department, academy, hour) in hours {
            assert_eq!(
                wall(department, academy, noon),
                format!("2027-01-15 {hour}"),
                "{department:?} {academy:?}"
            );
        }
        assert_eq!(
            wall(None, Some("Wallis et Futuna"), noon),
            "2027-01-16 00:00:00"
        );
    }

    /// The clocks go forward on 28 March 2027 and back on 31 October 2027: these days have 23 and 25 hours, and
    /// what happened in any of them belongs to them.
    #[test]
    fn days_are_whole_on_both_changes_of_the_clock() {
        let paris = LocalTime::of(None, None);
        let hours = |text| (paris.end(day(text)) - paris.start(day(text))).num_hours();
        assert_eq!(
            [
                hours("2027-03-27"),
                hours("2027-03-28"),
                hours("2027-10-31")
            ],
            [24, 23, 25]
        );
        assert_eq!(
            wall(None, None, "2027-03-28T00:59:59Z"),
            "2027-03-28 01:59:59"
        );
        assert_eq!(
            wall(None, None, "2027-03-28T01:00:00Z"),
            "2027-03-28 03:00:00"
        );
        assert_eq!(
            wall(None, None, "2027-10-31T00:30:00Z"),
            "2027-10-31 02:30:00"
        );
        assert_eq!(
            wall(None, None, "2027-10-31T01:30:00Z"),
            "2027-10-31 02:30:00"
        );
        assert_eq!(
            paris.start(day("2027-10-31")).to_string(),
            "2027-10-30 22:00:00 UTC"
        );
        let miquelon = LocalTime::of(Some("Saint-Pierre-et-Miquelon"), None);
        assert_eq!(
            miquelon.start(day("2027-03-15")).to_string(),
            "2027-03-15 02:00:00 UTC"
        );
        // Elsewhere nothing changes on these days.
        let cayenne = LocalTime::of(None, Some("Guyane"));
        assert_eq!(
            cayenne.end(day("2027-03-28")),
            cayenne.start(day("2027-03-29"))
        );
        assert_eq!(
            cayenne.start(day("2027-07-01")).to_string(),
            "2027-07-01 03:00:00 UTC"
        );
    }

    /// A year typed wrong is a period without events, not a failure of the database.
    #[test]
    fn any_day_that_can_be_typed_has_its_bounds() {
        let paris = LocalTime::of(None, None);
        for wild in [
            NaiveDate::MIN,
            NaiveDate::MAX,
            day("9999-12-31"),
            day("0000-02-29"),
        ] {
            let (start, end) = (paris.start(wild), paris.end(wild));
            assert!((0..=9_999).contains(&start.year()), "{wild} {start}");
            assert!((0..=9_999).contains(&end.year()), "{wild} {end}");
        }
    }

    #[test]
    fn a_day_and_an_instant_are_said_in_french() {
        assert_eq!(long_day(day("2027-03-12")), "vendredi 12 mars 2027");
        assert_eq!(long_day(day("2027-08-01")), "dimanche 1er août 2027");
        let told = |clock: LocalTime, instant: &str| {
            let told = clock.told(instant.parse().unwrap());
            told.replace(NO_BREAK, " ")
        };
        let paris = LocalTime::of(None, None);
        assert_eq!(
            told(paris, "2027-03-01T08:05:59Z"),
            "1er mars 2027 à 9 h 05"
        );
        let noumea = LocalTime::of(None, Some("Nouvelle Calédonie"));
        assert_eq!(
            told(noumea, "2027-02-28T21:40:00Z"),
            "1er mars 2027 à 8 h 40"
        );
    }

    /// The hour before the clocks change and the hour after it are an hour apart for whoever reads them too.
    #[test]
    fn an_instant_is_told_on_either_side_of_both_changes() {
        let paris = LocalTime::of(None, None);
        let told = |instant: &str| {
            let told = paris.told(instant.parse().unwrap());
            told.replace(NO_BREAK, " ")
        };
        assert_eq!(told("2027-03-28T00:30:00Z"), "28 mars 2027 à 1 h 30");
        assert_eq!(told("2027-03-28T01:30:00Z"), "28 mars 2027 à 3 h 30");
        assert_eq!(told("2027-10-30T22:30:00Z"), "31 octobre 2027 à 0 h 30");
        assert_eq!(told("2027-10-31T23:30:00Z"), "1er novembre 2027 à 0 h 30");
        assert_eq!(paris.zone(), "Europe/Paris");
        assert_eq!(LocalTime::utc().zone(), "UTC");
    }
}
