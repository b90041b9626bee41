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
    TooLong {
        /// How many characters it has.
        length: usize,
    },
    /// A control character or one that does not show.
    #[error("a class name holds no control or invisible characters")]
    Unprintable,
}

impl ClassName {
    /// The most characters a name may have.
    pub const LONGEST: usize = 40;

    /// Reads a name, trimmed and with inner white space folded to single spaces.
    ///
    /// # Errors
    /// When nothing is left, it is too long, or it holds characters that do not show.
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
