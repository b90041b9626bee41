use super::text::{LineError, line, text_value};

/// One part of a person's name: the first name, or the last name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

/// Why a text is no part of a person's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// Nothing but white space.
    #[error("a name is needed")]
    Empty,
    /// More characters than [`PersonName::LONGEST`].
    #[error("a name has at most {} characters, not {length}", PersonName::LONGEST)]
    TooLong { length: usize },
    /// A control character or one that does not show.
    #[error("a name holds no control or invisible characters")]
    Unprintable,
}

impl PersonName {
    /// The most characters a part of a name may have.
    pub const LONGEST: usize = 100;

    /// Reads a name, trimmed and with inner white space folded to single spaces. Anything else
    /// is kept as typed: people know how their name is written.
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        line(text, Self::LONGEST)
            .map(Self)
            .map_err(|error| match error {
                LineError::Empty => PersonNameError::Empty,
                LineError::TooLong { length } => PersonNameError::TooLong { length },
                LineError::Unprintable => PersonNameError::Unprintable,
            })
    }
}

text_value!(PersonName, PersonNameError);

#[cfg(test)]
mod tests {
    use super::*;

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
}
