//! What the history can be filtered by.

use std::fmt::Display;

use domain::actor::Actor;
use projections::{classes, roster, staff};
use store::{Conn, StoreError};

use super::{asked::Asked, kinds::KINDS, school::Watched};
use crate::{classes::MOST_CLASSES, frame::name};

/// More than any collège has, of pupils in their year or of staff.
const MOST_PEOPLE: i64 = 1_000;

/// A choice in a list: its value, its name, whether it is chosen.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

/// The lists to choose from.
#[derive(Default)]
pub(super) struct Choices {
    pub(super) classes: Vec<Choice>,
    pub(super) pupils: Vec<Choice>,
    pub(super) people: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
}

impl Choices {
    /// The establishment's classes and people today, and whoever else is chosen already.
    pub(super) async fn read(
        conn: &mut Conn<'_>,
        school: &Watched,
        asked: &Asked,
    ) -> Result<Self, StoreError> {
        let uai = &school.uai;
        let classes = classes::list(conn, uai, None, MOST_CLASSES).await?;
        let classes = classes.into_iter().map(|class| (class.id, class.name));
        let pupils = roster::in_establishment(conn, uai, false, None, MOST_PEOPLE).await?;
        let pupils = pupils.into_iter().map(|pupil| {
            let name = name(pupil.last_name.as_deref(), pupil.first_name.as_deref());
            (pupil.id, name)
        });
        let people = staff::list(conn, uai, None, MOST_PEOPLE).await?;
        let people = people.into_iter().map(|person| {
            let name = name(person.last_name.as_deref(), person.first_name.as_deref());
            (person.id, name)
        });
        let system = (Actor::system().id, "Le système".to_owned());
        let kinds = KINDS.map(|(kind, name)| (kind, name.to_owned()));
        Ok(Self {
            classes: choices(classes, asked.text("classe"), "Une classe d'avant"),
            pupils: choices(pupils, asked.text("eleve"), "Un élève d'avant"),
            people: choices(
                people.chain([system]),
                asked.text("personne"),
                "Une autre personne",
            ),
            kinds: choices(kinds, asked.text("type"), "Un autre événement"),
        })
    }
}

/// What is chosen stays chosen, also when it is not in the list.
fn choices<T: Display>(
    list: impl IntoIterator<Item = (T, String)>,
    chosen: &str,
    other: &str,
) -> Vec<Choice> {
    let choice = |(value, name): (T, String)| {
        let value = value.to_string();
        Choice {
            is_chosen: value == chosen,
            value,
            name,
        }
    };
    let mut choices: Vec<Choice> = list.into_iter().map(choice).collect();
    if !chosen.is_empty() && !choices.iter().any(|choice| choice.is_chosen) {
        choices.push(Choice {
            value: chosen.to_owned(),
            name: other.to_owned(),
            is_chosen: true,
        });
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The history of a pupil who left must not turn into everybody's at the next click.
    #[test]
    fn what_is_chosen_stays_chosen() {
        let list = || [("a", "3e A".to_owned()), ("b", "3e B".to_owned())];
        let chosen = |chosen| {
            let choices = choices(list(), chosen, "Une classe d'avant");
            let chosen = choices.iter().filter(|choice| choice.is_chosen);
            let names: Vec<String> = chosen.map(|choice| choice.name.clone()).collect();
            (choices.len(), names.join(" "))
        };
        assert_eq!(chosen(""), (2, String::new()));
        assert_eq!(chosen("b"), (2, "3e B".to_owned()));
        assert_eq!(chosen("c"), (3, "Une classe d'avant".to_owned()));
    }
}
