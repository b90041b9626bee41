//! A seal in a file, to be kept where whoever can write to the database cannot.

use serde::{Deserialize, Serialize};

use super::Seal;

/// What a file says besides the seal, so that a program can tell a file that it knows from another.
const FORMAT: i64 = 1;

/// Why a file is not one with a seal.
#[derive(Debug, thiserror::Error)]
pub enum SealFileError {
    /// It is no JSON, or a field is missing or of another kind.
    #[error("not a file that `monstage audit seals export` wrote: {0}")]
    Json(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("format {0} is not known to this program")]
    Format(i64),
    /// Its hash cannot be one.
    #[error("the hash is not 64 hexadecimal digits in lower case")]
    Hash,
}

impl Seal {
    /// The text of the file that keeps this seal: one JSON object.
    pub fn to_file(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct File<'a> {
            format: i64,
            #[serde(flatten)]
            seal: &'a Seal,
        }
        let (format, seal) = (FORMAT, self);
        Ok(serde_json::to_string_pretty(&File { format, seal })? + "\n")
    }

    /// The seal that a file keeps, from its text.
    pub fn from_file(text: &str) -> Result<Self, SealFileError> {
        #[derive(Deserialize)]
        struct Version {
            format: i64,
        }
        let Version { format } = serde_json::from_str(text)?;
        if format != FORMAT {
            return Err(SealFileError::Format(format));
        }
        let seal: Self = serde_json::from_str(text)?;
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if seal.hash.len() == 64 && seal.hash.bytes().all(digit) {
            Ok(seal)
        } else {
            Err(SealFileError::Hash)
        }
    }
}
