//! What people type, and what it becomes.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use chrono::NaiveDate;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// A UAI is copied by hand from a letterhead. The letter catches a mistyped digit, and saying
/// which letter was expected lets people find it.
#[test]
fn a_uai_is_checked_by_its_letter() {
    assert_eq!(Uai::parse(" 013 2572a").unwrap().as_str(), "0132572A");
    assert_eq!(
        Uai::parse("0132573A"),
        Err(UaiError::CheckLetter {
            expected: 'B',
            found: 'A'
        })
    );
    for malformed in [
        "",
        "0132572",
        "132572A",
        "0132572AA",
        "013257éA",
        "A1325720",
    ] {
        assert_eq!(
            Uai::parse(malformed),
            Err(UaiError::Malformed),
            "{malformed}"
        );
    }
}

/// Two classes whose names differ by case or accents alone would be mistaken for each other in
/// every list; white space from a paste would make twins that nobody can tell apart.
#[test]
fn a_class_name_is_folded_and_keyed() {
    let name = ClassName::parse("  3ème \t  A\n").unwrap();
    assert_eq!(name.as_str(), "3ème A");
    assert_eq!(name.key(), ClassName::parse("3EME a").unwrap().key());
    assert_ne!(name.key(), ClassName::parse("3ème-A").unwrap().key());
}

/// The limit is in characters as people count them, so that "é" counts for one however it was
/// typed; a name that does not show would be a class nobody can pick.
#[test]
fn a_class_name_has_1_to_40_visible_characters() {
    assert!(ClassName::parse(&"e\u{301}".repeat(40)).is_ok());
    assert_eq!(
        ClassName::parse(&"é".repeat(41)),
        Err(ClassNameError::TooLong { length: 41 })
    );
    assert_eq!(ClassName::parse(" \t "), Err(ClassNameError::Empty));
    assert_eq!(
        ClassName::parse("3e\u{0}A"),
        Err(ClassNameError::Unprintable)
    );
    assert_eq!(
        ClassName::parse("\u{200b}"),
        Err(ClassNameError::Unprintable)
    );
}

/// People's names are theirs: nothing but white space is touched, and none is refused for its
/// letters, hyphens or apostrophes.
#[test]
fn a_person_name_is_kept_as_written() {
    for name in ["Nguyễn", "d'Aboville", "Jean-Noël", "O", "de La Tour"] {
        assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
    }
    assert_eq!(
        PersonName::parse(" Anne  Lise ").unwrap().as_str(),
        "Anne Lise"
    );
    assert_eq!(
        PersonName::parse(&"a".repeat(101)),
        Err(PersonNameError::TooLong { length: 101 })
    );
    assert_eq!(PersonName::parse("\r\n"), Err(PersonNameError::Empty));
}

/// A staff address must be of the academy's domain, and an account is found by its address: both
/// comparisons must not depend on the case somebody typed.
#[test]
fn an_email_address_has_a_domain_and_a_key() {
    let address = EmailAddress::parse(" Ce.0132572A@AC-Demo.test ").unwrap();
    assert_eq!(address.as_str(), "Ce.0132572A@ac-demo.test");
    assert_eq!(address.domain(), "ac-demo.test");
    assert_eq!(address.key(), "ce.0132572a@ac-demo.test");
}

/// An activation link sent to a mistyped address is lost without a word, so what cannot be an
/// address is refused while the person is still there to correct it.
#[test]
fn what_cannot_receive_mail_is_refused() {
    for malformed in [
        "camille",
        "camille@",
        "@demo.test",
        "camille@demo",
        "camille@@demo.test",
        "a@b@demo.test",
        "cam ille@demo.test",
        ".camille@demo.test",
        "cam..ille@demo.test",
        "camille@-demo.test",
        "camille@demo..test",
        "camille@127.0.0.1",
        "camille@demo.test\r\nBcc: tous@demo.test",
        "élève@demo.test",
    ] {
        assert_eq!(
            EmailAddress::parse(malformed),
            Err(EmailAddressError::Malformed),
            "{malformed}"
        );
    }
    assert_eq!(EmailAddress::parse("  "), Err(EmailAddressError::Empty));
    let long = format!("a@{}test", "demo.".repeat(51));
    assert_eq!(EmailAddress::parse(&long), Err(EmailAddressError::TooLong));
}

/// Spreadsheets drop the leading zero of nine departments' codes; without it back, a search for
/// "01000" would not find Bourg-en-Bresse.
#[test]
fn a_postal_code_gets_its_zero_back() {
    assert_eq!(PostalCode::parse("1000").unwrap().as_str(), "01000");
    assert_eq!(PostalCode::parse("13 200").unwrap().as_str(), "13200");
    for malformed in ["", "100", "132000", "2A004", "１３２００"] {
        assert_eq!(
            PostalCode::parse(malformed),
            Err(PostalCodeError),
            "{malformed}"
        );
    }
}

/// The year decides which classes an establishment works with. One day off at the turn of the
/// year, and a head would prepare September's classes in the year that ends.
#[test]
fn a_school_year_turns_on_the_first_of_august() {
    let year = |y, m, d| SchoolYear::containing(NaiveDate::from_ymd_opt(y, m, d).unwrap());
    let expected = SchoolYear::starting(2026);
    assert_eq!(year(2026, 8, 1), expected);
    assert_eq!(year(2027, 7, 31), expected);
    assert_eq!(year(2027, 8, 1), SchoolYear::starting(2027));
    assert_eq!(year(1999, 12, 31), Err(SchoolYearError));
}

/// Whoever opens a new year types it once, for every establishment in France.
#[test]
fn a_school_year_is_read_and_labelled() {
    let year = SchoolYear::starting(2026).unwrap();
    assert_eq!(year.label(), "2026-2027");
    assert_eq!(SchoolYear::parse("2026"), Ok(year));
    assert_eq!(SchoolYear::parse(" 2026-2027 "), Ok(year));
    for wrong in [
        "2026-2028",
        "2026-",
        "26",
        "20266",
        "1999",
        "2101",
        "-2026",
        "+2026",
        "002026",
        "+2026-2027",
    ] {
        assert_eq!(SchoolYear::parse(wrong), Err(SchoolYearError), "{wrong}");
    }
    assert_eq!(serde_json::to_string(&year).unwrap(), "2026");
    assert!(serde_json::from_str::<SchoolYear>("1999").is_err());
}

/// The directory's publishers write the mark with stray spaces and in either case; a school that
/// lost its mark by that would be refused at the door.
#[test]
fn a_priority_is_read_as_publishers_write_it() {
    assert_eq!(Priority::parse("REP +"), Ok(Priority::RepPlus));
    assert_eq!(Priority::parse(" rep "), Ok(Priority::Rep));
    assert!(Priority::parse("REP++").is_err());
    assert!(Priority::parse("").is_err());
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

/// A member of staff has an account too, whose role is the same word. A pupil or an
/// administrator must never pass for staff.
#[test]
fn only_staff_roles_are_staff_roles() {
    for staff in StaffRole::ALL.iter().copied() {
        assert_eq!(Role::from(staff).as_str(), staff.as_str());
        assert_eq!(StaffRole::try_from(Role::from(staff)), Ok(staff));
    }
    for other in [Role::Student, Role::Administrator, Role::System] {
        assert!(StaffRole::try_from(other).is_err());
    }
}

/// Whatever parses is in its one form: written out and read again, as text or as JSON, it is
/// the same value.
fn stable<T>(value: &T)
where
    T: Display + FromStr<Err: Debug> + Serialize + DeserializeOwned + PartialEq + Debug,
{
    assert_eq!(&value.to_string().parse::<T>().unwrap(), value);
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
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

    /// Seven digits have exactly one letter, so that no school can be found under two numbers.
    #[test]
    fn seven_digits_take_exactly_one_letter(digits in "[ ]?[0-9]{3}[ ]{0,2}[0-9]{4}[ ]?") {
        let accepted: Vec<Uai> = ('A'..='Z')
            .filter_map(|letter| Uai::parse(&format!("{digits}{letter}")).ok())
            .collect();
        prop_assert_eq!(accepted.len(), 1);
        accepted.iter().for_each(stable);
    }

    /// Any line of visible text well within the limit is a name, in any script. (The limit holds
    /// for the composed form, which can be up to three times as long in a few scripts.)
    #[test]
    fn visible_lines_are_names(text in "[ ]{0,3}[\\p{L}][\\p{L}\\p{M} '-]{0,12}") {
        stable(&ClassName::parse(&text).unwrap());
        stable(&PersonName::parse(&text).unwrap());
    }

    /// Ordinary addresses pass, whatever their case.
    #[test]
    fn ordinary_addresses_pass(text in "[a-zA-Z0-9_+]{1,20}(\\.[a-z0-9]{1,8})?@[a-zA-Z][a-z0-9-]{0,5}[a-z0-9]\\.test") {
        let address = EmailAddress::parse(&text).unwrap();
        stable(&address);
        prop_assert_eq!(EmailAddress::parse(&address.key()).unwrap().key(), address.key());
    }
}
