//! Service figures: how many establishments, classes and pupils there are, and how many pupils changed class,
//! week by week.
//!
//! They are counted from the log in the background: a row that every action in the country changes in its own
//! transaction would make all of them wait for one another. Weeks begin on Monday, UTC.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    class::ClassEvent, establishment::EstablishmentEvent, event::Event, student::StudentEvent,
};
use store::{
    Checkpoint, Conn, LogPage, LoggedEvent, Rows, Store, StoreError, execute, fetch_all,
    fetch_optional,
};
use tokio::task::spawn_blocking;

/// How many events are counted at once: few enough for a commit to be short.
const AT_ONCE: u32 = 5_000;

/// How many days after a Monday the epoch was, a Thursday.
const EPOCH_WEEKDAY: i64 = 3;

/// What a week brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    establishments: i64,
    classes: i64,
    pupils: i64,
    moves: i64,
}

/// What some events of the log come to.
#[derive(Default)]
struct Counted {
    weeks: BTreeMap<i64, Change>,
    /// Pupils who were erased, each with the week and the number of that event.
    erased: Vec<(i64, String, u64)>,
}

/// Counts the next events that nobody counted yet. Whether there may be more.
///
/// Any number of servers may do it at once: each event is counted by one of them.
pub async fn catch_up(store: &Store) -> Result<bool, StoreError> {
    let before = place(&mut store.reader().await?.conn()).await?;
    let page = store.read_page(before, AT_ONCE).await?;
    let Some(end) = page.end()? else {
        return Ok(false);
    };
    let is_full = page.len() == AT_ONCE as usize;
    // Some milliseconds in which a thread of the runtime would serve nobody.
    let mut counted = spawn_blocking(move || Counted::of(&page)).await?;
    let mut tx = store.begin().await?;
    let conn = &mut tx.conn();
    if !advance(conn, before, end).await? {
        return Ok(true);
    }
    counted.leave(conn).await?;
    counted.write(conn).await?;
    tx.commit().await?;
    Ok(is_full)
}

/// Up to where the log is counted.
async fn place(conn: &mut Conn<'_>) -> Result<Checkpoint, StoreError> {
    let sql = "SELECT transaction_id, position FROM figures_place";
    let row = fetch_optional!(conn, (i64, i64), sql)?;
    Ok(
        row.map_or_else(Checkpoint::default, |(transaction, position)| Checkpoint {
            transaction,
            position,
        }),
    )
}

/// Whether these events are this transaction's to count: not when somebody else was first.
async fn advance(
    conn: &mut Conn<'_>,
    from: Checkpoint,
    to: Checkpoint,
) -> Result<bool, StoreError> {
    let moved = execute!(
        conn,
        "UPDATE figures_place SET transaction_id = $3, position = $4 \
         WHERE transaction_id = $1 AND position = $2",
        from.transaction,
        from.position,
        to.transaction,
        to.position,
    )?;
    Ok(moved > 0)
}

impl Counted {
    /// What cannot be read counts for nothing; `audit verify` names it.
    fn of(page: &LogPage) -> Self {
        let mut counted = Self::default();
        let events = page.events().filter_map(|event| event.ok()?.decode().ok());
        events.for_each(|event| counted.add(&event));
        counted
    }

    fn add(&mut self, LoggedEvent { record, .. }: &LoggedEvent) {
        let week = week(record.recorded_at);
        let change = self.weeks.entry(week).or_default();
        match &record.event {
            Event::Establishment(EstablishmentEvent::EstablishmentRegistered { .. }) => {
                change.establishments += 1;
            }
            Event::Class(ClassEvent::ClassCreated { .. }) => change.classes += 1,
            Event::Class(ClassEvent::ClassDeleted {} | ClassEvent::ClassPurged { .. }) => {
                change.classes -= 1;
            }
            Event::Student(
                StudentEvent::StudentRegistered { .. } | StudentEvent::StudentRejoined { .. },
            ) => change.pupils += 1,
            Event::Student(
                StudentEvent::StudentRejected { .. } | StudentEvent::StudentReleased { .. },
            ) => change.pupils -= 1,
            Event::Student(StudentEvent::StudentMoved { .. }) => change.moves += 1,
            Event::Student(StudentEvent::StudentErased {}) => {
                let id = record.stream.aggregate_id.clone();
                self.erased.push((week, id, record.sequence));
            }
            _ => {}
        }
    }

    /// Takes off those who were still in an establishment when they were erased, which only what happened to
    /// them before tells.
    async fn leave(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let erased = || self.erased.iter();
        let number = |sequence: u64| i64::try_from(sequence).unwrap_or(i64::MAX);
        let rows = Rows::new()
            .integer("week", erased().map(|one| one.0))
            .text("student", erased().map(|one| &one.1))
            .integer("number", erased().map(|one| number(one.2)));
        let sql = "SELECT rows.week FROM {rows} WHERE \
                   (SELECT e.event_type FROM events e \
                    WHERE e.aggregate_type = 'student' AND e.aggregate_id = rows.student \
                      AND e.sequence < rows.number \
                      AND e.event_type IN ('StudentRegistered', 'StudentRejoined', \
                                           'StudentRejected', 'StudentReleased') \
                    ORDER BY e.sequence DESC LIMIT 1) IN ('StudentRegistered', 'StudentRejoined')";
        let gone: Vec<(i64,)> = conn.read(sql, rows).await?;
        for (week,) in gone {
            self.weeks.entry(week).or_default().pupils -= 1;
        }
        Ok(())
    }

    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let changes = || self.weeks.values();
        let rows = Rows::new()
            .integer("week", self.weeks.keys().copied())
            .integer("establishments", changes().map(|it| it.establishments))
            .integer("classes", changes().map(|it| it.classes))
            .integer("pupils", changes().map(|it| it.pupils))
            .integer("moves", changes().map(|it| it.moves));
        let sql = "INSERT INTO figures (week, establishments, classes, pupils, moves) \
                   SELECT week, establishments, classes, pupils, moves FROM {rows} WHERE true \
                   ON CONFLICT (week) DO UPDATE SET \
                       establishments = figures.establishments + excluded.establishments, \
                       classes = figures.classes + excluded.classes, \
                       pupils = figures.pupils + excluded.pupils, \
                       moves = figures.moves + excluded.moves";
        conn.write(sql, rows).await?;
        Ok(())
    }
}

/// The service at the end of a week, or so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekItem {
    pub monday: NaiveDate,
    /// How many are registered.
    pub establishments: i64,
    pub classes: i64,
    pub pupils: i64,
    /// How often a pupil changed class in this week.
    pub moves: i64,
}

/// The last weeks up to the one of `now`, at most `limit`, oldest first; from the first in which anything
/// happened.
pub async fn weeks(
    conn: &mut Conn<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<WeekItem>, StoreError> {
    let sql = "SELECT week, establishments, classes, pupils, moves FROM figures WHERE week <= $1 ORDER BY week";
    let rows = fetch_all!(conn, (i64, i64, i64, i64, i64), sql, week(now))?;
    let changes = rows
        .into_iter()
        .map(|(week, establishments, classes, pupils, moves)| {
            let change = Change {
                establishments,
                classes,
                pupils,
                moves,
            };
            (week, change)
        });
    Ok(totals(&changes.collect(), week(now), limit))
}

/// What the changes add up to in each week, also where a week has none.
fn totals(changes: &BTreeMap<i64, Change>, last: i64, limit: i64) -> Vec<WeekItem> {
    let Some((&oldest, _)) = changes.first_key_value() else {
        return Vec::new();
    };
    let first = oldest.max(last - limit + 1);
    let sum = |up_to: i64, part: fn(&Change) -> i64| -> i64 {
        changes
            .range(..=up_to)
            .map(|(_, change)| part(change))
            .sum()
    };
    (first..=last)
        .map(|week| WeekItem {
            monday: monday(week),
            establishments: sum(week, |it| it.establishments),
            classes: sum(week, |it| it.classes),
            pupils: sum(week, |it| it.pupils),
            moves: changes.get(&week).map_or(0, |it| it.moves),
        })
        .collect()
}

/// The week of an instant.
fn week(instant: DateTime<Utc>) -> i64 {
    let days = instant.timestamp().div_euclid(24 * 60 * 60);
    (days + EPOCH_WEEKDAY).div_euclid(7)
}

fn monday(week: i64) -> NaiveDate {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let days = TimeDelta::try_days(week * 7 - EPOCH_WEEKDAY).unwrap_or_default();
    epoch.checked_add_signed(days).unwrap_or(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// A week goes from Monday to Sunday, whatever the year.
    #[test]
    fn weeks_begin_on_monday() {
        let sunday = week(at("2026-11-29T23:59:59Z"));
        assert_eq!(monday(sunday).to_string(), "2026-11-23");
        assert_eq!(week(at("2026-11-30T00:00:00Z")), sunday + 1);
        assert_eq!(
            monday(week(at("2027-01-01T12:00:00Z"))).to_string(),
            "2026-12-28"
        );
        assert_eq!(
            monday(week(at("1969-12-31T12:00:00Z"))).to_string(),
            "1969-12-29"
        );
    }

    /// A quiet week shows what there is all the same, and what stands before the weeks that are shown counts.
    #[test]
    fn totals_go_on_through_quiet_weeks() {
        let change = |pupils, moves| Change {
            pupils,
            moves,
            ..Change::default()
        };
        let changes = BTreeMap::from([(10, change(5, 1)), (12, change(-2, 3))]);
        let told = |last, limit| -> Vec<(i64, i64)> {
            let weeks = totals(&changes, last, limit);
            weeks.iter().map(|it| (it.pupils, it.moves)).collect()
        };
        assert_eq!(told(13, 50), [(5, 1), (5, 0), (3, 3), (3, 0)]);
        assert_eq!(told(13, 2), [(3, 3), (3, 0)]);
        assert_eq!(totals(&BTreeMap::new(), 13, 50), []);
    }
}
