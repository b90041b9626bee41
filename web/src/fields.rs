//! How the values of forms and bodies are read, and what people are told when they are wrong: the same on
//! every way in.

use std::str::FromStr;

use accounts::{
    TokenHash,
    password::{self, Password, PasswordRule},
};
use chrono::NaiveDate;
use domain::{
    event::Event,
    values::{
        ClassName, ClassNameError, EmailAddress, EmailAddressError, PersonName, PersonNameError,
        Track, Uai, is_invisible,
    },
};

use crate::{
    instant::Moment,
    problem::{FieldErrors, Problem, Wrong},
};

/// A required text: the name of a class.
pub fn class_name(text: &str) -> Result<ClassName, Wrong> {
    ClassName::parse(text).map_err(|error| match error {
        ClassNameError::Empty => ("required", "Donnez un nom à la classe.".into()),
        ClassNameError::TooLong { length } => (
            "too_long",
            format!(
                "Le nom de la classe compte {length} caractères : {} au plus.",
                ClassName::LONGEST
            )
            .into(),
        ),
        ClassNameError::Unprintable => (
            "invalid",
            "Le nom de la classe contient des caractères invisibles : saisissez-le à nouveau."
                .into(),
        ),
    })
}

/// A required text: a track.
pub fn track(text: &str) -> Result<Track, Wrong> {
    if text.trim().is_empty() {
        return Err(("required", "Choisissez une filière.".into()));
    }
    Track::parse(text).map_err(|_| {
        let known: Vec<&str> = Track::ALL.iter().map(|track| track.as_str()).collect();
        let detail = format!(
            "Cette filière n'existe pas ; au choix : {}.",
            known.join(", ")
        );
        ("invalid", detail.into())
    })
}

/// A required text: an e-mail address.
pub fn email(text: &str) -> Result<EmailAddress, Wrong> {
    if text.trim().is_empty() {
        return Err(("required", "Indiquez votre adresse électronique.".into()));
    }
    EmailAddress::parse(text).map_err(|error| {
        let detail = match error {
            EmailAddressError::Character { letter, place } => no_address_has(letter, place),
            EmailAddressError::TooLong => {
                "Cette adresse électronique est trop longue : 254 caractères au plus.".to_owned()
            }
            EmailAddressError::Empty | EmailAddressError::Malformed => {
                "Cette adresse électronique n'est pas complète : elle a la forme nom@domaine."
                    .to_owned()
            }
        };
        ("invalid", detail.into())
    })
}

/// What is said of a character that no address has where this one stands.
fn no_address_has(letter: char, place: usize) -> String {
    let ordinal = if place == 1 { "er" } else { "e" };
    let place = format!("{place}{ordinal} caractère");
    if is_invisible(letter) {
        return format!(
            "Cette adresse électronique contient un signe invisible ({place}, U+{:04X}) : effacez-la et \
             saisissez-la au clavier.",
            u32::from(letter)
        );
    }
    match letter {
        ',' => format!(
            "Cette adresse électronique contient une virgule ({place}) : mettez un point à sa place, ou \
             indiquez une seule adresse."
        ),
        letter if letter.is_whitespace() => {
            format!("Cette adresse électronique contient une espace ({place}) : retirez-la.")
        }
        letter if letter.is_alphabetic() => format!(
            "Une adresse électronique s'écrit sans accent ni lettre spéciale : remplacez « {letter} » \
             ({place})."
        ),
        letter => format!(
            "Le signe « {letter} » ({place}) ne peut pas se trouver là dans une adresse électronique : \
             retirez-le."
        ),
    }
}

/// A required text: a part of a person's name.
pub fn person_name(text: &str) -> Result<PersonName, Wrong> {
    PersonName::parse(text).map_err(|error| match error {
        PersonNameError::Empty => ("required", "Indiquez le prénom et le nom.".into()),
        PersonNameError::TooLong { length } => (
            "too_long",
            format!(
                "Ce nom compte {length} caractères : {} au plus.",
                PersonName::LONGEST
            )
            .into(),
        ),
        PersonNameError::Unprintable => (
            "invalid",
            "Ce nom contient des caractères invisibles : saisissez-le à nouveau.".into(),
        ),
    })
}

/// A required text: the national number of an establishment.
pub fn uai(text: &str) -> Result<Uai, Wrong> {
    if text.trim().is_empty() {
        return Err(("required", "Choisissez l'établissement.".into()));
    }
    Uai::parse(text).map_err(|_| {
        let detail = "Ce numéro d'établissement (UAI) n'existe pas : sept chiffres et une lettre.";
        ("invalid", detail.into())
    })
}

/// A required text: a student's birth date.
pub fn birth_date(text: &str, today: NaiveDate) -> Result<NaiveDate, Wrong> {
    let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| {
        let detail = "Cette date n'existe pas : écrivez-la sous la forme 2012-05-17.";
        ("invalid", detail.into())
    })?;
    match today.years_since(date) {
        Some(8..=25) => Ok(date),
        _ => Err((
            "out_of_range",
            "Cette date de naissance n'est pas celle d'un élève de collège : vérifiez l'année."
                .into(),
        )),
    }
}

/// A required text: a day of a calendar.
pub fn day(text: &str) -> Result<NaiveDate, Wrong> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| {
        let detail = "Cette date n'existe pas : écrivez-la sous la forme 2027-03-12.";
        ("invalid", detail.into())
    })
}

/// A required text: an instant, or a day, which stands for its end.
pub fn moment(text: &str) -> Result<Moment, Wrong> {
    if text.trim().is_empty() {
        return Err(required("Indiquez l'instant."));
    }
    read_moment(text, "pour la fin de ce jour")
}

/// A bound of a period: an instant, or a day, which belongs to it whole.
pub fn bound(text: &str) -> Result<Moment, Wrong> {
    read_moment(text, "pour ce jour entier")
}

fn read_moment(text: &str, day: &str) -> Result<Moment, Wrong> {
    // In an address that was not encoded, the + of an offset reads as a space.
    text.trim().replace(' ', "+").parse().map_err(|_| {
        let detail = format!(
            "Cet instant n'est pas lisible : écrivez-le 2027-03-12T08:00:00Z, ou 2027-03-12 {day}."
        );
        ("invalid", detail.into())
    })
}

/// The type of an event.
pub fn event_type(text: &str) -> Result<&'static str, Wrong> {
    Event::types()
        .find(|known| *known == text.trim())
        .ok_or_else(|| {
            let known: Vec<&str> = Event::types().collect();
            let detail = format!(
                "Ce type d'événement n'existe pas ; au choix : {}.",
                known.join(", ")
            );
            ("invalid", detail.into())
        })
}

/// What is wrong with a field that is not there.
#[must_use]
pub fn required(detail: &'static str) -> Wrong {
    ("required", detail.into())
}

/// The address in a body that holds nothing else.
pub fn required_email(text: &str) -> Result<EmailAddress, Problem> {
    let mut errors = FieldErrors::default();
    errors
        .take("email", email(text))
        .ok_or_else(|| errors.into())
}

/// A required text: the token of a link.
pub fn link_token(text: &str) -> Result<TokenHash, Wrong> {
    if text.trim().is_empty() {
        return Err(required(
            "Il manque le jeton du lien : ouvrez celui du courriel, en entier.",
        ));
    }
    Ok(TokenHash::of(text))
}

/// The token of a link by which a password is chosen. Without one it is not known whose the password is to
/// be; what is wrong with it for anybody is said all the same.
pub(crate) fn token_with_password(token: &str, password: &Password) -> Result<TokenHash, Problem> {
    let mut errors = FieldErrors::default();
    errors.take("token", link_token(token)).ok_or_else(|| {
        errors.take("password", new_password(password, &[]));
        errors.into()
    })
}

/// Goes on only when this may become the password of somebody with this address and these names.
pub(crate) fn check_password<'a>(
    password: &Password,
    email: &'a str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<(), Problem> {
    let names = names.into_iter().map(String::as_str);
    let personal: Vec<&str> = names.chain([email]).collect();
    let mut errors = FieldErrors::default();
    errors.take("password", new_password(password, &personal));
    errors.finish()
}

/// The establishment in a body is not in the directory.
#[must_use]
pub fn unknown_establishment() -> Problem {
    let detail = "Cet établissement ne figure pas dans l'annuaire : cherchez-le par son nom ou sa \
                  ville.";
    not_found_field("uai", detail)
}

/// The class in a body is not one of the establishment's.
#[must_use]
pub fn unknown_class() -> Problem {
    let detail = "Cette classe n'existe pas, ou plus, dans cet établissement : choisissez-en une \
                  autre, ou aucune.";
    not_found_field("class_id", detail)
}

fn not_found_field(field: &str, detail: &'static str) -> Problem {
    let mut errors = FieldErrors::default();
    errors.take::<()>(field, Err(("not_found", detail.into())));
    errors.into()
}

/// A required text: a password that somebody chooses. `personal` is what others know about them
/// (names, address).
pub fn new_password(password: &Password, personal: &[&str]) -> Result<(), Wrong> {
    if password.expose().is_empty() {
        return Err(("required", "Choisissez un mot de passe.".into()));
    }
    password::check_rules(password.expose(), personal).map_err(|rule| {
        let code = match rule {
            PasswordRule::TooShort => "too_short",
            PasswordRule::TooLong => "too_long",
            PasswordRule::Common => "common",
            PasswordRule::Personal => "personal",
        };
        (code, rule.advice().into())
    })
}

/// An id in a body.
pub fn id<T: FromStr>(text: &str) -> Result<T, Wrong> {
    let text = chosen(text).ok_or_else(|| required("Cet identifiant manque."))?;
    text.parse()
        .map_err(|_| ("invalid", "Cet identifiant n'est pas un UUID.".into()))
}

/// An id that may be left out; what was left blank, as the first choice of a list is, is left out.
pub fn optional_id<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Wrong> {
    text.and_then(chosen).map(id).transpose()
}

/// What was chosen or typed; nothing, where that was left blank.
#[must_use]
pub fn chosen(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use domain::ids::ClassId;

    use super::*;

    /// Choosing a password goes wrong more often than anything else on a form: a program tells the
    /// reasons apart by code, a person by a sentence that says what to do.
    #[test]
    fn a_refused_password_says_why() {
        let wrong = |text: &str| {
            let password: Password = serde_json::from_value(text.into()).unwrap();
            new_password(&password, &["Claire", "Marchand"]).map_err(|(code, _)| code)
        };
        assert_eq!(wrong(""), Err("required"));
        assert_eq!(wrong("onze lettre"), Err("too_short"));
        assert_eq!(wrong(&"a b c ".repeat(22)), Err("too_long"));
        assert_eq!(wrong("lavieestbelle"), Err("common"));
        assert_eq!(wrong("claire.marchand.1"), Err("personal"));
        assert_eq!(wrong("mot de passe des essais"), Ok(()));
    }

    /// Whoever sees a whole address and reads "not complete" types the same again: the sign to change is
    /// named, and where it stands.
    #[test]
    fn a_sign_that_no_address_has_is_named() {
        let said = |text: &str| email(text).unwrap_err().1.into_owned();
        for (text, words) in [
            ("élise@demo.test", "remplacez « é » (1er caractère)"),
            ("a,b@demo.test", "une virgule (2e caractère)"),
            ("a b@demo.test", "une espace (2e caractère)"),
            ("a\u{a0}b@demo.test", "une espace (2e caractère)"),
            (
                "a@demo.test\u{200b}",
                "un signe invisible (12e caractère, U+200B)",
            ),
            ("a@demo_x.test", "Le signe « _ » (7e caractère)"),
            ("a@demo", "n'est pas complète : elle a la forme nom@domaine"),
        ] {
            assert!(said(text).contains(words), "{text:?}: {}", said(text));
        }
    }

    /// A form sends the empty first choice of its list, a program null: neither chose anything, and what is
    /// no id is still said.
    #[test]
    fn what_was_left_blank_is_no_id() {
        let class = ClassId::new(uuid::Uuid::from_u128(7));
        for blank in [None, Some(""), Some(" "), Some("\u{a0}")] {
            assert_eq!(optional_id::<ClassId>(blank), Ok(None));
        }
        assert_eq!(optional_id(Some(&format!(" {class} "))), Ok(Some(class)));
        let code = |wrong: Result<Option<ClassId>, Wrong>| wrong.map_err(|(code, _)| code);
        assert_eq!(code(optional_id(Some("3e A"))), Err("invalid"));
        assert_eq!(code(id::<ClassId>(" ").map(Some)), Err("required"));
    }
}
