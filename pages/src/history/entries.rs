//! The events of a page of history as people read them: one entry an action, by day.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::{CommandId, StudentId},
    values::long_day,
};
use projections::history::HistoryItem;
use store::Checkpoint;

use super::school::Watched;
use crate::frame::is_part;

/// The most events on a page: a class list saved whole is three for each pupil.
const MOST: usize = 150;

/// How many events to read: one more than a page has tells that another one follows.
pub(super) const READ: i64 = 151;

/// A day of the history, its latest entry first.
pub(super) struct Day {
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
}

/// Something that somebody did.
pub(super) struct Entry {
    /// "14:02".
    pub(super) time: String,
    pub(super) sentence: String,
    /// What it consists of, each in a sentence.
    pub(super) parts: Vec<String>,
    /// Where one goes from it.
    pub(super) links: Vec<Link>,
}

/// A way on from an entry, which says where it leads.
pub(super) struct Link {
    pub(super) name: &'static str,
    /// The rest of the name, for whoever hears links without what stands around them.
    pub(super) more: &'static str,
    pub(super) address: String,
}

/// Cuts what was read to the page, between two actions; where the next page goes on.
pub(super) fn cut(items: &mut Vec<HistoryItem>) -> Option<Checkpoint> {
    if items.len() <= MOST {
        return None;
    }
    let follows = items[MOST].record.metadata.command;
    items.truncate(MOST);
    let whole = |item: &HistoryItem| item.record.metadata.command != follows;
    if let Some(last) = items.iter().rposition(whole) {
        items.truncate(last + 1);
    }
    items.last().map(|last| last.checkpoint)
}

/// The entries of these events. In the history of a class, or of what happens to one, a part is all that
/// there is of a move; elsewhere the pupil's own event tells the whole.
pub(super) fn days(items: &[HistoryItem], school: &Watched, parts_stand_alone: bool) -> Vec<Day> {
    let mut parts: HashMap<_, Vec<&HistoryItem>> = HashMap::new();
    let (part, whole): (Vec<_>, Vec<_>) = items
        .iter()
        .partition(|item| is_part(item) && !parts_stand_alone);
    for item in part {
        parts.entry(key(item)).or_default().push(item);
    }
    let mut days: Vec<(NaiveDate, Day)> = Vec::new();
    for item in whole {
        let at = school.clock.at(item.record.recorded_at);
        if days.last().is_none_or(|(day, _)| *day != at.date()) {
            let title = long_day(at.date());
            let entries = Vec::new();
            days.push((at.date(), Day { title, entries }));
        }
        let of_item = match &item.record.event {
            Event::Student(_) => parts.remove(&key(item)).unwrap_or_default(),
            _ => Vec::new(),
        };
        if let Some((_, day)) = days.last_mut() {
            day.entries.push(entry(item, &of_item, school));
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

/// What the parts of one move have in common.
fn key(item: &HistoryItem) -> (CommandId, Option<StudentId>) {
    (item.record.metadata.command, item.student)
}

fn entry(item: &HistoryItem, parts: &[&HistoryItem], school: &Watched) -> Entry {
    let at = school.clock.at(item.record.recorded_at);
    let told: Vec<&HistoryItem> = parts.iter().copied().rev().chain([item]).collect();
    let mut links = Vec::new();
    if changes_lists(&item.record.event) {
        links.extend(states(&told, school));
    }
    links.extend(timelines(item, school));
    Entry {
        time: at.format("%H:%M").to_string(),
        sentence: item.summary.clone(),
        parts: if parts.is_empty() {
            Vec::new()
        } else {
            told.iter().map(|part| part.summary.clone()).collect()
        },
        links,
    }
}

/// To the classes before the first of these events, and after the last.
fn states(told: &[&HistoryItem], school: &Watched) -> [Link; 2] {
    let instants = || told.iter().map(|item| item.record.recorded_at);
    let link = |name, more, at: DateTime<Utc>| Link {
        name,
        more,
        address: school.classes_at(at),
    };
    let before = instants().min().unwrap_or_default() - TimeDelta::microseconds(1);
    let after = instants().max().unwrap_or_default();
    [
        link("avant", " : les classes avant cette action", before),
        link("après", " : les classes après cette action", after),
    ]
}

/// Whether the class lists are others after the event.
fn changes_lists(event: &Event) -> bool {
    match event {
        Event::Student(_) => true,
        Event::Class(event) => !matches!(
            event,
            ClassEvent::MainTeacherAssigned { .. } | ClassEvent::MainTeacherUnassigned { .. }
        ),
        Event::Establishment(event) => {
            matches!(event, EstablishmentEvent::SchoolYearOpened { .. })
        }
    }
}

/// To all that happened to its pupil or its class, and to the parts of a yearly reset.
fn timelines(item: &HistoryItem, school: &Watched) -> Vec<Link> {
    let opened = matches!(
        item.record.event,
        Event::Establishment(EstablishmentEvent::SchoolYearOpened { .. })
    );
    let run = item.record.metadata.correlation;
    let links = [
        (
            "cet élève",
            " : tout son historique",
            "eleve",
            item.student.map(|id| id.to_string()),
        ),
        (
            "cette classe",
            " : tout son historique",
            "classe",
            item.class.map(|id| id.to_string()),
        ),
        (
            "en détail",
            " : classe par classe, élève par élève",
            "ensemble",
            opened.then(|| run.to_string()),
        ),
    ];
    let link = |(name, more, field, id): (_, _, _, Option<String>)| {
        Some(Link {
            name,
            more,
            address: school.address("/historique", &[(field, &*id?)]),
        })
    };
    links.into_iter().filter_map(link).collect()
}
