//! What somebody just did, as the log has it: a page that follows an action says it exactly.

use domain::{event::Event, ids::CorrelationId, student::StudentEvent, values::Uai};
use projections::history::{self, Filter, HistoryItem};
use store::{Conn, StoreError};
use web::caller::Caller;

/// Three events for each line of the longest form, and some.
const MOST_EVENTS: i64 = 2_000;

/// From how many on the sentences are folded away under the counts.
const MANY: usize = 6;

/// What was done, in French.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The whole in one sentence; empty where one sentence follows.
    pub(crate) counts: String,
    /// Each thing, in the order it was done.
    pub(crate) sentences: Vec<String>,
}

impl Told {
    /// Whether there is so much to tell that it is folded.
    pub(crate) fn is_long(&self) -> bool {
        self.sentences.len() >= MANY
    }

    /// What the caller did in the request of this number, and nobody else.
    pub(super) async fn of(
        conn: &mut Conn<'_>,
        caller: &Caller,
        establishment: &Uai,
        request: CorrelationId,
    ) -> Result<Self, StoreError> {
        let filter = Filter {
            establishment: Some(establishment.clone()),
            actor: Some(caller.account),
            correlation: Some(request),
            ..Filter::default()
        };
        let events = history::page(conn, &filter, None, MOST_EVENTS).await?;
        let deeds: Vec<&HistoryItem> = events.iter().rev().filter(|item| !is_part(item)).collect();
        let (moved, rejected) = counted(deeds.iter().map(|item| &item.record.event));
        Ok(Self::new(
            counts(deeds.len(), moved, rejected),
            deeds.iter().map(|item| &*item.deed),
        ))
    }

    fn new<'a>(counts: String, deeds: impl Iterator<Item = &'a str>) -> Self {
        let sentence = |deed: &str| {
            let deed = deed.strip_prefix("a ").unwrap_or(deed);
            format!("Vous avez {deed}.")
        };
        Self {
            counts,
            sentences: deeds.map(sentence).collect(),
        }
    }
}

/// Whether the event is what a move does to a class: the pupil's own says both.
pub(crate) fn is_part(item: &HistoryItem) -> bool {
    matches!(
        item.record.event.event_type(),
        "StudentAdmitted" | "StudentWithdrawn"
    )
}

/// How many pupils were placed or moved, and how many taken out.
fn counted<'a>(events: impl Iterator<Item = &'a Event>) -> (usize, usize) {
    events.fold((0, 0), |(moved, rejected), event| match event {
        Event::Student(
            StudentEvent::StudentMoved { .. } | StudentEvent::StudentAssigned { .. },
        ) => (moved + 1, rejected),
        Event::Student(StudentEvent::StudentRejected { .. }) => (moved, rejected + 1),
        _ => (moved, rejected),
    })
}

/// "2 élèves ont changé de classe, 1 a été retiré."
fn counts(deeds: usize, moved: usize, rejected: usize) -> String {
    match (deeds, moved, rejected) {
        (0, _, _) => "Rien n'a changé : tout était déjà ainsi.".to_owned(),
        (1, _, _) => String::new(),
        _ if moved + rejected < deeds => format!("{deeds} modifications sont enregistrées."),
        (_, 0, n) => format!("{n} élèves ont été retirés."),
        (_, 1, 1) => "1 élève a changé de classe, 1 a été retiré.".to_owned(),
        (_, 1, n) => format!("1 élève a changé de classe, {n} ont été retirés."),
        (_, n, 0) => format!("{n} élèves ont changé de classe."),
        (_, n, 1) => format!("{n} élèves ont changé de classe, 1 a été retiré."),
        (_, n, m) => format!("{n} élèves ont changé de classe, {m} ont été retirés."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty choices were sent and two changed something: the sentence counts what was done, in words that
    /// agree with the number.
    #[test]
    fn what_was_done_is_counted_in_french() {
        assert_eq!(counts(0, 0, 0), "Rien n'a changé : tout était déjà ainsi.");
        assert_eq!(counts(1, 1, 0), "");
        assert_eq!(counts(2, 2, 0), "2 élèves ont changé de classe.");
        assert_eq!(
            counts(3, 2, 1),
            "2 élèves ont changé de classe, 1 a été retiré."
        );
        assert_eq!(
            counts(3, 1, 2),
            "1 élève a changé de classe, 2 ont été retirés."
        );
        assert_eq!(counts(2, 0, 2), "2 élèves ont été retirés.");
        assert_eq!(counts(3, 0, 0), "3 modifications sont enregistrées.");
        // A pupil joined, and chose a class.
        assert_eq!(counts(2, 1, 0), "2 modifications sont enregistrées.");
    }

    /// The history says it of somebody, the page to them.
    #[test]
    fn a_deed_is_told_to_whoever_did_it() {
        let deeds = ["a fait passer Maëlle Amrani de 3e A à 3e B"];
        let told = Told::new(String::new(), deeds.into_iter());
        assert_eq!(
            told.sentences,
            ["Vous avez fait passer Maëlle Amrani de 3e A à 3e B."]
        );
        assert!(!told.is_long());
    }
}
