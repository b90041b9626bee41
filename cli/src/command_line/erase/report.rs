//! What an erasure did, for people and for programs: ids, never a name.

use std::fmt::{self, Write};

use accounts::erasing::Person;
use serde::Serialize;

use super::plan::{Plan, label};
use crate::command_line::{error::Failure, output::count};

/// What a run does, or did.
#[derive(Serialize)]
pub(super) struct ErasureReport {
    dry_run: bool,
    people: Vec<Person>,
    pub(super) erased: usize,
    /// How many of those the log said were erased before.
    already_erased: usize,
    pub(super) failed: Vec<Failed>,
    pub(super) left: usize,
    /// Files in the folder for mail.
    pub(super) messages_removed: u64,
    /// Whether nothing of what was removed is left in copies that the engine made of it.
    pub(super) files_cleaned: bool,
}

/// Somebody who was not erased.
#[derive(Serialize)]
pub(super) struct Failed {
    #[serde(flatten)]
    person: Person,
    reason: String,
}

impl Failed {
    pub(super) fn new(person: Person, error: &dyn Failure) -> Self {
        Self {
            person,
            reason: error.to_string(),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Person { kind, id } = self.person;
        write!(f, "{} {id} : {}", label(kind), self.reason)
    }
}

impl ErasureReport {
    pub(super) fn of(plan: &Plan, dry_run: bool) -> Self {
        let people: Vec<Person> = plan.steps.iter().map(|(person, _)| *person).collect();
        Self {
            dry_run,
            left: people.len(),
            people,
            erased: 0,
            already_erased: 0,
            failed: Vec::new(),
            messages_removed: 0,
            files_cleaned: false,
        }
    }

    /// One more is erased, whom the log did not say was.
    pub(super) fn done(&mut self, new: bool) {
        self.erased += 1;
        self.left -= 1;
        self.already_erased += usize::from(!new);
    }

    pub(super) fn text(&self) -> String {
        let mut text = count(self.erased as u64, "personne effacée", "personnes effacées");
        if self.already_erased > 0 {
            let _ = write!(text, ", dont {} une nouvelle fois", self.already_erased);
        }
        let messages = count(
            self.messages_removed,
            "message retiré du dossier",
            "messages retirés du dossier",
        );
        let _ = writeln!(text, " ; {messages}");
        text
    }
}
