//! What is typed to add classes: one name, or several at once.

use std::collections::BTreeSet;

use commands::create_class::CreateClass;
use domain::{
    ids::ClassId,
    values::{ClassName, Track, Uai},
};
use store::Clock;
use web::{
    fields,
    problem::{FieldErrors, Problem},
};

use crate::form::Form;

/// The classes to add.
#[derive(Debug)]
pub(super) struct Asked {
    /// Each once.
    pub(super) names: Vec<ClassName>,
    track: Track,
}

impl Asked {
    /// A list is pasted as it comes: names stand between commas, semicolons or on lines of their own.
    pub(super) fn read(form: &Form) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let typed = form
            .text("name")
            .split([',', ';', '\n', '\t'])
            .map(str::trim);
        let typed: Vec<&str> = typed.filter(|name| !name.is_empty()).collect();
        let mut names: Vec<ClassName> = Vec::new();
        if typed.is_empty() {
            errors.take("name", fields::class_name(""));
        }
        for text in typed {
            let name = errors.take("name", fields::class_name(text));
            let is_new = |name: &ClassName| names.iter().all(|known| known.key() != name.key());
            names.extend(name.filter(is_new));
        }
        let track = errors.take("track", fields::track(form.text("track")));
        errors.finish_with(track.map(|track| Self { names, track }))
    }

    /// In the order of their names: what was done is told by the order of ids.
    pub(super) fn commands(&self, establishment: &Uai, clock: &dyn Clock) -> Vec<CreateClass> {
        let ids = self.names.iter().map(|_| ClassId::new(clock.new_uuid()));
        let ids: BTreeSet<ClassId> = ids.collect();
        let command = |(name, class): (&ClassName, ClassId)| CreateClass {
            establishment: establishment.clone(),
            class,
            name: name.clone(),
            track: self.track,
        };
        self.names.iter().zip(ids).map(command).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &str, track: &str) -> Result<Vec<String>, Vec<String>> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("name", names)
            .append_pair("track", track)
            .finish();
        let names = |asked: Asked| asked.names.iter().map(ToString::to_string).collect();
        let details = |problem: Problem| {
            let errors = problem.errors().iter();
            errors.map(|error| error.field.clone()).collect()
        };
        Asked::read(&Form::read(&body)).map(names).map_err(details)
    }

    /// A head has the list in a message or a spreadsheet, and pastes it as it is.
    #[test]
    fn several_names_are_read_however_they_are_pasted() {
        let track = "troisieme_generale";
        let three = ["3e A", "3e B", "3e C"].map(str::to_owned).to_vec();
        for pasted in [
            "3e A, 3e B, 3e C",
            "3e A\r\n3e B\r\n3e C\r\n",
            "3e A;3e B;;3e C;",
            "3e A\t3e B\t3e C",
            " 3e  A,3E a, 3e B\n3e C",
        ] {
            assert_eq!(read(pasted, track), Ok(three.clone()), "{pasted:?}");
        }
        assert_eq!(
            read(" , \n", ""),
            Err(vec!["name".to_owned(), "track".to_owned()])
        );
        let long = format!("3e A, {}", "x".repeat(41));
        assert_eq!(read(&long, track), Err(vec!["name".to_owned()]));
    }
}
