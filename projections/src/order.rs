//! The order of names in lists: that of a French dictionary, whatever language a name comes from, and
//! numbers by their value.

use std::sync::LazyLock;

use domain::fold::words;
use icu_collator::{
    CollatorBorrowed, CollatorPreferences, options::CollatorOptions,
    preferences::CollationNumericOrdering,
};
use icu_locale_core::locale;

/// Comes with the program, so that it is always there.
static FRENCH: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::from(&locale!("fr"));
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    CollatorBorrowed::try_new(preferences, CollatorOptions::default()).ok()
});

/// By Unicode a field that ends before this stands before one that goes on, and accents decide only
/// where the letters of all fields are the same.
const NEXT_FIELD: char = '\u{fffe}';

/// A text that compares as the name stands in lists.
pub(crate) fn name(name: &str) -> String {
    key(&words(name))
}

/// A text that compares as somebody stands in lists: by family name, then given name; first of all those
/// whose name was erased.
pub(crate) fn person(first_name: Option<&String>, last_name: Option<&String>) -> String {
    match (first_name, last_name) {
        (Some(first_name), Some(last_name)) => {
            let (first_name, last_name) = (words(first_name), words(last_name));
            key(&format!("{last_name}{NEXT_FIELD}{first_name}"))
        }
        _ => String::new(),
    }
}

fn key(text: &str) -> String {
    let mut key = Vec::new();
    if let Some(french) = &*FRENCH {
        let Ok(()) = french.write_sort_key_to(text, &mut key);
    }
    hex::encode(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect_order<T: std::fmt::Debug>(items: &[T], key: impl Fn(&T) -> String) {
        for pair in items.windows(2) {
            assert!(key(&pair[0]) < key(&pair[1]), "{pair:?}");
        }
    }

    /// Whoever looks for a child in a list of 300 goes by the letters: a Polish, Danish or Vietnamese name
    /// stands where its letters say, not after everybody else; and so do ours with accents and ligatures.
    #[test]
    fn names_stand_where_their_letters_say() {
        let names = [
            "Çelik",
            "Dang",
            "Đặng",
            "Evain",
            "Łoś",
            "Loubet",
            "Oddo",
            "Œdipe",
            "Ofe",
            "Østby",
            "Otto",
            "Zz",
            "Ωμέγα",
        ];
        expect_order(&names, |it| name(it));
    }

    /// "3e 10" comes after "3e 2", as on the doors.
    #[test]
    fn numbers_stand_by_their_value() {
        let names = ["3e 1", "3e 2", "3e 10", "3e A", "3e-B", "4e"];
        expect_order(&names, |it| name(it));
    }

    /// Two who type an apostrophe on two keyboards, or leave out an accent, are not torn apart by somebody
    /// else; a shorter family name comes first, whatever given names are; and an erased name is no name.
    #[test]
    fn people_stand_by_family_name_then_given_name() {
        let people = [
            ("D'Almeida", "Zoé"),
            ("D’Arc", "Anne"),
            ("D'Arc", "Jeanne"),
            ("Le Gall", "Yves"),
            ("Léger", "Anne"),
            ("Leger", "Éléonore"),
            ("Léger", "Zoé"),
            ("Martin", "Zoé"),
            ("Martin-Dupont", "Anne"),
        ];
        let key =
            |&(last, first): &(&str, &str)| person(Some(&first.to_owned()), Some(&last.to_owned()));
        expect_order(&people, key);
        assert!(person(None, None) < key(&people[0]));
    }
}
