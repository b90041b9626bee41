//! What the values that wrap a text share.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Why a one-line text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineError {
    Empty,
    TooLong { length: usize },
    Unprintable,
}

/// One line as people mean it: trimmed, inner white space folded to single spaces, in Unicode NFC
/// so that a length in characters is the same whichever keyboard typed the accents.
pub(super) fn line(text: &str, longest: usize) -> Result<String, LineError> {
    let composed = if is_nfc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    };
    let words: Vec<&str> = composed.split_whitespace().collect();
    let line = words.join(" ");
    if line.is_empty() {
        return Err(LineError::Empty);
    }
    if line.chars().any(is_invisible) {
        return Err(LineError::Unprintable);
    }
    let length = line.chars().count();
    if length > longest {
        return Err(LineError::TooLong { length });
    }
    Ok(line)
}

/// Control characters, and the invisible ones that make two different names look the same or
/// turn the rest of a line around (zero width, bidirectional controls, byte order mark).
#[must_use]
pub fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Everything around `parse` for a newtype over `String`: reading and writing as a string, with
/// `parse` run again on whatever comes in.
macro_rules! text_value {
    ($value:ident, $error:ident) => {
        impl $value {
            /// The text in its one accepted form.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $value {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl ::std::str::FromStr for $value {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $value {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl ::serde::Serialize for $value {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $value {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let text = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(::serde::de::Error::custom)
            }
        }
    };
}

pub(super) use text_value;
