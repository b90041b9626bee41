//! A figure as columns, one a week.

use projections::figures::WeekItem;

use super::{Figure, grouped, short_day};

/// The size of the drawing, in its own units; the page stretches it.
const WIDTH: usize = 1_060;
const HEIGHT: i64 = 100;

/// The least that something shows with.
const LEAST: i64 = 2;

/// A figure over the weeks.
pub(super) struct Chart {
    pub(super) name: &'static str,
    /// The number of the last week.
    pub(super) now: String,
    /// What that number is of: "aujourd'hui", "cette semaine".
    pub(super) when: &'static str,
    /// The whole in one sentence, for whoever does not see it.
    pub(super) label: String,
    /// The largest number, at whose height the columns end.
    pub(super) most: String,
    pub(super) columns: Vec<Column>,
    /// The Mondays of the first and of the last week.
    pub(super) from: String,
    pub(super) to: String,
}

/// A week's column, in the drawing's units.
pub(super) struct Column {
    pub(super) x: usize,
    pub(super) y: i64,
    pub(super) width: usize,
    pub(super) height: i64,
}

impl Chart {
    /// None without weeks.
    pub(super) fn new(&(name, is_state, number): &Figure, weeks: &[WeekItem]) -> Option<Self> {
        let (first, last) = (weeks.first()?, weeks.last()?);
        let most = weeks.iter().map(number).max()?.max(0);
        let slot = WIDTH / weeks.len();
        let column = |(index, week): (usize, &WeekItem)| {
            let height = height(number(week), most);
            Column {
                x: index * slot,
                y: HEIGHT - height,
                width: (slot * 4 / 5).clamp(1, 120),
                height,
            }
        };
        let (now, most_said) = (grouped(number(last)), grouped(most));
        let when = if is_state {
            "aujourd'hui"
        } else {
            "cette semaine"
        };
        let label = format!(
            "{name}, semaine par semaine : {now} {when}, {most_said} au plus. Les nombres sont dans le \
             tableau."
        );
        Some(Self {
            name,
            now,
            when,
            label,
            most: most_said,
            columns: weeks.iter().enumerate().map(column).collect(),
            from: short_day(first.monday),
            to: short_day(last.monday),
        })
    }

    /// How wide the drawing is, in its units.
    pub(super) fn width(&self) -> usize {
        self.columns.len() * (WIDTH / self.columns.len().max(1))
    }
}

/// What is there shows, however little it is beside the most.
fn height(number: i64, most: i64) -> i64 {
    if number <= 0 || most <= 0 {
        return 0;
    }
    (number.saturating_mul(HEIGHT) / most).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column is as high as its number; one pupil beside a million still shows, and nothing does not.
    #[test]
    fn columns_are_as_high_as_their_numbers() {
        assert_eq!(height(0, 0), 0);
        assert_eq!(height(0, 10), 0);
        assert_eq!(height(5, 10), 50);
        assert_eq!(height(10, 10), HEIGHT);
        assert_eq!(height(1, 1_000_000), LEAST);
        assert_eq!(height(-3, 10), 0);
    }

    /// However many weeks there are, none is drawn outside, nor on another.
    #[test]
    fn columns_stand_side_by_side_within_the_drawing() {
        for count in [1, 2, 12, 53] {
            let week = WeekItem {
                monday: "2026-08-31".parse().unwrap(),
                establishments: 1,
                classes: 1,
                pupils: 1,
                moves: 1,
            };
            let figure: Figure = ("Élèves", true, |week| week.pupils);
            let chart = Chart::new(&figure, &vec![week; count]).unwrap();
            assert_eq!(chart.columns.len(), count);
            for two in chart.columns.windows(2) {
                assert!(two[0].x + two[0].width < two[1].x, "{count}");
            }
            let last = &chart.columns[count - 1];
            assert!(last.x + last.width <= chart.width(), "{count}");
        }
    }
}
