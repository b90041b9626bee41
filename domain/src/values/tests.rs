//! What all values have in common: one form each, and no text that stops the program.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// Whatever parses is in its one form: written out and read again, as text or as JSON, it is
/// the same value.
pub(super) fn stable<T>(value: &T)
where
    T: Display + FromStr<Err: Debug> + Serialize + DeserializeOwned + PartialEq + Debug,
{
    assert_eq!(&value.to_string().parse::<T>().unwrap(), value);
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
}

/// These words are in the log and in clients' code for good; the labels are what staff read.
#[test]
fn choices_have_one_written_form_and_a_label() {
    let tracks = Track::ALL
        .iter()
        .map(|track| (track.as_str(), track.label()));
    assert!(tracks.eq([
        ("troisieme_generale", "3e"),
        ("troisieme_prepa_metiers", "3e prépa-métiers"),
        ("troisieme_segpa", "3e SEGPA"),
    ]));
    let roles = Role::ALL.iter().map(|role| (role.as_str(), role.label()));
    assert!(roles.eq([
        ("head", "chef d'établissement"),
        ("main_teacher", "professeur principal"),
        ("teacher", "enseignant"),
        ("counsellor", "conseiller d'orientation"),
        ("student", "élève"),
        ("administrator", "administrateur"),
        ("system", "système"),
    ]));
}

/// The words of every list are written to the log and read back from it.
#[test]
fn every_choice_is_stable() {
    Track::ALL.iter().for_each(stable);
    Priority::ALL.iter().for_each(stable);
    StaffRole::ALL.iter().for_each(stable);
    Role::ALL.iter().for_each(stable);
}

proptest! {
    /// These parsers face whatever a form or a file holds; a panic there takes a request or an
    /// import of thousands of rows down.
    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>()) {
        if let Ok(value) = Uai::parse(&text) { stable(&value); }
        if let Ok(value) = ClassName::parse(&text) { stable(&value); }
        if let Ok(value) = PersonName::parse(&text) { stable(&value); }
        if let Ok(value) = EmailAddress::parse(&text) { stable(&value); }
        if let Ok(value) = PostalCode::parse(&text) { stable(&value); }
        if let Ok(value) = SchoolYear::parse(&text) { stable(&value); }
        if let Ok(value) = Track::parse(&text) { stable(&value); }
    }

    /// Any line of visible text well within the limit is a name, in any script. (The limit holds
    /// for the composed form, which can be up to three times as long in a few scripts.)
    #[test]
    fn visible_lines_are_names(text in "[ ]{0,3}[\\p{L}][\\p{L}\\p{M} '-]{0,12}") {
        stable(&ClassName::parse(&text).unwrap());
        stable(&PersonName::parse(&text).unwrap());
    }
}
