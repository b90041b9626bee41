//! What the operator should know of schools after an import: those that it closed, those that its lists pass
//! over, and those that came back under another number.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
};

use commands::directory_file::{DirectoryFile, Format};
use domain::values::Uai;
use projections::directory::DirectoryEntry;
use serde::Serialize;

use crate::command_line::output::count;

/// What the files of one import name.
#[derive(Default)]
pub(super) struct Named {
    listed: BTreeSet<Uai>,
    /// Whether one of them is a list of every collège.
    lists_all: bool,
    /// Whether one of them is a list of those in priority education.
    lists_marked: bool,
}

impl Named {
    pub(super) fn add(&mut self, file: &DirectoryFile) {
        let listed = file.schools.iter().map(|school| &school.uai);
        self.listed.extend(listed.chain(&file.closed).cloned());
        match file.format {
            Format::PriorityEducationList => self.lists_marked = true,
            Format::EstablishmentList | Format::Annuaire => self.lists_all = true,
        }
    }

    /// Whether the lists should have named a school that they do not name.
    fn passes_over(&self, school: &DirectoryEntry) -> bool {
        let is_due = self.lists_all || (self.lists_marked && school.priority.is_some());
        is_due && !self.listed.contains(&school.uai)
    }
}

#[derive(Default, Serialize)]
pub(super) struct Changes {
    /// Nobody new comes to these.
    closed: Vec<School>,
    /// Known and open, and in none of the lists.
    unlisted: Vec<School>,
    renumbered: Vec<Renumbered>,
}

#[derive(Serialize)]
struct School {
    uai: Uai,
    name: String,
    city: String,
    registered: bool,
}

/// A new school with the name and city of one that is gone.
#[derive(Serialize)]
struct Renumbered {
    from: School,
    to: Uai,
}

impl Changes {
    /// What became of the schools that were `known` before an import that closed some.
    pub(super) fn new(
        known: &BTreeSet<Uai>,
        directory: &[DirectoryEntry],
        named: &Named,
        closed: &[Uai],
    ) -> Self {
        let is_closed = |school: &&DirectoryEntry| closed.contains(&school.uai);
        let is_unlisted = |school: &&DirectoryEntry| school.eligible && named.passes_over(school);
        let is_gone = |school: &&DirectoryEntry| {
            let mattered = is_closed(school) || school.registered || school.eligible;
            mattered && (school.closed || named.passes_over(school))
        };
        let gone = directory.iter().filter(is_gone);
        let gone: HashMap<_, _> = gone
            .map(|school| (school.name_and_city(), school))
            .collect();
        let new = directory
            .iter()
            .filter(|school| !known.contains(&school.uai));
        let renumbered = new.filter_map(|school| {
            let from = School::from(*gone.get(&school.name_and_city())?);
            let to = school.uai.clone();
            Some(Renumbered { from, to })
        });
        Self {
            closed: directory.iter().filter(is_closed).map(Into::into).collect(),
            unlisted: directory
                .iter()
                .filter(is_unlisted)
                .map(Into::into)
                .collect(),
            renumbered: renumbered.collect(),
        }
    }

    /// The text that people read, `most` schools of each kind.
    pub(super) fn write(&self, text: &mut String, most: usize) {
        let told = |school: &School| format!("{}  {}", school.uai, school.told());
        paragraph(
            text,
            &self.closed,
            ("collège est fermé", "collèges sont fermés"),
            "personne ne peut plus s'y inscrire ni y être invité, ceux qui y sont continuent",
            most,
            told,
        );
        paragraph(
            text,
            &self.unlisted,
            (
                "collège connu n'est plus dans ces listes",
                "collèges connus ne sont plus dans ces listes",
            ),
            "rien ne change pour eux, un administrateur peut les exclure",
            most,
            told,
        );
        paragraph(
            text,
            &self.renumbered,
            (
                "collège semble avoir changé d'UAI",
                "collèges semblent avoir changé d'UAI",
            ),
            "ce sont deux collèges pour le service, prévenez le chef d'établissement",
            most,
            |Renumbered { from, to }| format!("{} → {to}  {}", from.uai, from.told()),
        );
    }
}

impl School {
    fn told(&self) -> String {
        let registered = if self.registered { ", inscrit" } else { "" };
        format!("{} ({}){registered}", self.name, self.city)
    }
}

impl From<&DirectoryEntry> for School {
    fn from(entry: &DirectoryEntry) -> Self {
        Self {
            uai: entry.uai.clone(),
            name: entry.name.clone(),
            city: entry.city.clone(),
            registered: entry.registered,
        }
    }
}

fn paragraph<T>(
    text: &mut String,
    items: &[T],
    (one, many): (&str, &str),
    so: &str,
    most: usize,
    told: impl Fn(&T) -> String,
) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{} : {so}", count(items.len() as u64, one, many));
    for item in items.iter().take(most) {
        let _ = writeln!(text, "  {}", told(item));
    }
    if let Some(more @ 1..) = items.len().checked_sub(most) {
        let _ = writeln!(text, "  … et {more} de plus (--verbose les montre tous)");
    }
}
