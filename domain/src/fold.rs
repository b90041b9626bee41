//! How texts are compared when case, accents and punctuation do not matter.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text in lower case and without accents; ligatures are spelled out (œ, æ, ß).
///
/// Punctuation and spaces stay: "3e A" and "3e-A" remain two names.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text
        .chars()
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|letter| !is_combining_mark(*letter))
    {
        match letter {
            'œ' => plain.push_str("oe"),
            'æ' => plain.push_str("ae"),
            'ß' => plain.push_str("ss"),
            other => plain.push(other),
        }
    }
    plain
}

/// The words of a text for search: [`plain`], and every run of anything but letters and digits is
/// one space, with none at either end.
///
/// ```
/// assert_eq!(domain::fold::fold("  Collège André-Marie  AMPÈRE "), "college andre marie ampere");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    words(&plain(text))
}

/// The words of a text as they are written, each after one space: hyphens and apostrophes, of which there
/// are several, part words and count for nothing else.
#[must_use]
pub fn words(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter));
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text on one line. Control characters go with the white space: a database may refuse to look into
/// JSON that holds some.
#[must_use]
pub fn one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A member of staff types a school's name as it comes, on a keyboard that may lack accents.
    /// Every spelling of one name has to meet in one folded form.
    #[test]
    fn spellings_of_one_name_meet() {
        assert_eq!(fold("L'Œuvre d’Æther"), "l oeuvre d aether");
        assert_eq!(fold("Saint-Étienne"), fold("saint etienne"));
        assert_eq!(fold("e\u{301}cole"), fold("École"));
        assert_eq!(fold("STRAẞE"), "strasse");
        assert_eq!(fold(" -- "), "");
    }

    /// Uniqueness of class names ignores case and accents only: two classes told apart by a sign
    /// are two classes, and a name made of signs alone still has a key of its own.
    #[test]
    fn plain_text_keeps_its_signs() {
        assert_eq!(plain("3ÈME +"), "3eme +");
        assert_ne!(plain("3e A"), plain("3e-A"));
    }

    proptest! {
        /// Folded text is stored beside what people type later; folding it again, as a rebuild
        /// does, must not give another text.
        #[test]
        fn folding_twice_is_folding_once(text in ".*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
