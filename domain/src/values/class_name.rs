use super::text::{LineError, line, text_value};
use crate::fold;

/// The name of a class, as staff chose it: "3e A", "3ème 2".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassName(String);

/// Why a text is no class name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassNameError {
    /// Nothing but white space.
    #[error("a class needs a name")]
    Empty,
    /// More characters than [`ClassName::LONGEST`].
    #[error(
        "a class name has at most {} characters, not {length}",
        ClassName::LONGEST
    )]
    TooLong { length: usize },
    /// A control character or one that does not show.
    #[error("a class name holds no control or invisible characters")]
    Unprintable,
}

impl ClassName {
    /// The most characters a name may have.
    pub const LONGEST: usize = 40;

    /// Reads a name, trimmed and with inner white space folded to single spaces.
    pub fn parse(text: &str) -> Result<Self, ClassNameError> {
        line(text, Self::LONGEST)
            .map(Self)
            .map_err(|error| match error {
                LineError::Empty => ClassNameError::Empty,
                LineError::TooLong { length } => ClassNameError::TooLong { length },
                LineError::Unprintable => ClassNameError::Unprintable,
            })
    }

    /// What must be unique in an establishment and school year: the name, case and accents aside.
    #[must_use]
    pub fn key(&self) -> String {
        fold::plain(&self.0)
    }
}

text_value!(ClassName, ClassNameError);

#[cfg(test)]
mod tests {
    use super::*;

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
}
