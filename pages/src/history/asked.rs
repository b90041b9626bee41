//! Which part of the history is asked for, by the address of the page.

use std::{collections::HashMap, str::FromStr};

use chrono::NaiveDate;
use projections::history::Filter;
use store::Checkpoint;
use web::{
    fields,
    problem::{FieldErrors, Problem, Wrong},
};

use super::school::Watched;

/// Where the list goes on.
const NEXT: &str = "suite";

/// The fields by which the history is filtered.
const FIELDS: [&str; 7] = [
    "classe", "eleve", "personne", "type", "du", "au", "ensemble",
];

/// What the address says. Ids and dates, and never a name.
#[derive(Default)]
pub(super) struct Asked(HashMap<String, String>);

impl Asked {
    pub(super) fn new(typed: HashMap<String, String>) -> Self {
        Self(typed)
    }

    /// What a field holds; nothing, where it is not there.
    pub(super) fn text(&self, field: &str) -> &str {
        self.0.get(field).map_or("", |text| text.trim())
    }

    /// Whether it is about less than everything.
    pub(super) fn is_narrow(&self) -> bool {
        FIELDS.iter().any(|field| !self.text(field).is_empty())
    }

    /// Whether it goes on from another page.
    pub(super) fn goes_on(&self) -> bool {
        !self.text(NEXT).is_empty()
    }

    /// The filter, and the place in the log from which on it is read.
    pub(super) fn read(&self, school: &Watched) -> Result<(Filter, Option<Checkpoint>), Problem> {
        let mut errors = FieldErrors::default();
        let class = errors.take("classe", self.optional("classe", id));
        let student = errors.take("eleve", self.optional("eleve", id));
        let actor = errors.take("personne", self.optional("personne", id));
        let correlation = errors.take("", self.optional("ensemble", id));
        let event_type = errors.take("type", self.optional("type", fields::event_type));
        let from = errors.take("du", self.optional("du", fields::day));
        let to = errors.take("au", self.optional("au", |text| self.last_day(text)));
        let before = errors.take("", self.optional(NEXT, place));
        let read = || {
            let filter = Filter {
                establishment: Some(school.uai.clone()),
                class: class?,
                student: student?,
                actor: actor?,
                event_type: event_type?,
                since: from?.map(|day| school.clock.start(day)),
                until: to?.map(|day| school.clock.end(day)),
                correlation: correlation?,
                folded: true,
            };
            Some((filter, before?))
        };
        let read = read();
        errors.finish_with(read)
    }

    /// The address where the list goes on after a place.
    pub(super) fn next(&self, school: &Watched, after: Checkpoint) -> String {
        let place = format!("{}.{}", after.transaction, after.position);
        let asked = FIELDS.iter().map(|field| (*field, self.text(field)));
        let fields: Vec<_> = asked.chain([(NEXT, &*place)]).collect();
        school.address("/historique", &fields)
    }

    fn optional<T>(
        &self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Result<Option<T>, Wrong> {
        let text = Some(self.text(field)).filter(|text| !text.is_empty());
        text.map(parse).transpose()
    }

    fn last_day(&self, text: &str) -> Result<NaiveDate, Wrong> {
        let last = fields::day(text)?;
        match fields::day(self.text("du")) {
            Ok(first) if first > last => {
                let detail = "La période finit avant de commencer : échangez les deux dates.";
                Err(("out_of_range", detail.into()))
            }
            _ => Ok(last),
        }
    }
}

fn id<T: FromStr>(text: &str) -> Result<T, Wrong> {
    text.parse().map_err(|_| {
        (
            "invalid",
            "Ce choix n'existe pas : choisissez dans la liste.".into(),
        )
    })
}

fn place(text: &str) -> Result<Checkpoint, Wrong> {
    let read = || {
        let (transaction, position) = text.split_once('.')?;
        Some(Checkpoint {
            transaction: transaction.parse().ok()?,
            position: position.parse().ok()?,
        })
    };
    let detail = "Cette suite n'existe pas : reprenez l'historique à son début.";
    read().ok_or_else(|| ("invalid", detail.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[(&str, &str)]) -> Asked {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Asked::new(fields.iter().map(owned).collect())
    }

    fn wrong(fields: &[(&str, &str)]) -> Vec<String> {
        let read = asked(fields).read(&Watched::sample("Collège"));
        let errors = read.unwrap_err().errors().to_vec();
        errors.into_iter().map(|error| error.field).collect()
    }

    /// A form sends every field, most of them blank; days are those of the school.
    #[test]
    fn what_is_blank_is_not_asked_for_and_days_are_local() {
        let school = Watched::sample("Collège");
        let blank = FIELDS.map(|field| (field, " "));
        let (filter, before) = asked(&blank).read(&school).unwrap();
        let everything = Filter {
            establishment: Some(school.uai.clone()),
            folded: true,
            ..Filter::default()
        };
        assert_eq!((filter, before), (everything, None));
        assert!(!asked(&blank).is_narrow());

        let days = [("du", "2027-03-28"), ("au", "2027-03-28")];
        let (filter, _) = asked(&days).read(&school).unwrap();
        let (since, until) = (filter.since.unwrap(), filter.until.unwrap());
        assert_eq!(since.to_string(), "2027-03-27 23:00:00 UTC");
        assert_eq!((until - since).num_hours(), 23);
    }

    /// Each fault is said beside its field, all of them at once.
    #[test]
    fn what_is_wrong_is_said_by_field() {
        let typed = [
            ("classe", "3e A"),
            ("type", "Mouvement"),
            ("du", "hier"),
            ("au", "2027-02-30"),
            ("suite", "x"),
        ];
        assert_eq!(wrong(&typed), ["classe", "type", "du", "au", ""]);
        assert_eq!(wrong(&[("du", "2027-03-13"), ("au", "2027-03-12")]), ["au"]);
    }

    /// The next page asks for the same, from the place where this one ends.
    #[test]
    fn the_list_goes_on_with_the_same_filter() {
        let school = Watched::sample("Collège");
        let place = Checkpoint {
            transaction: 7,
            position: 12,
        };
        let asked = asked(&[("type", "StudentMoved"), ("suite", "9.90"), ("q", "Amrani")]);
        let next = asked.next(&school, place);
        assert_eq!(next, "/historique?type=StudentMoved&suite=7.12");
        let again = Asked::new(
            url::form_urlencoded::parse(&next.as_bytes()[12..])
                .into_owned()
                .collect(),
        );
        assert_eq!(again.read(&school).unwrap().1, Some(place));
    }
}
