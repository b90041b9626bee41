//! A seal in a file, to be kept where whoever can write to the database cannot.

use serde::{Deserialize, Serialize};

use super::Seal;

/// The one format that there is.
const FORMAT: u32 = 1;

/// A seal as it stands in a file: one JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealFile {
    format: u32,
    #[serde(flatten)]
    seal: Seal,
}

/// Why a file is not one with a seal.
#[derive(Debug, thiserror::Error)]
pub enum SealFileError {
    /// It is no JSON, or a field is missing or of another kind.
    #[error("not a file that `monstage audit seals export` wrote: {0}")]
    Json(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("format {0} is not known to this program")]
    Format(u32),
    /// Its hash cannot be one.
    #[error("the hash is not 64 hexadecimal digits in lower case")]
    Hash,
}

impl SealFile {
    /// The text of the file that keeps this seal.
    ///
    /// # Errors
    ///
    /// `serde_json`'s, which nothing is known to cause.
    pub fn write(seal: &Seal) -> serde_json::Result<String> {
        let file = Self {
            format: FORMAT,
            seal: seal.clone(),
        };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    /// The seal that a file keeps, from its text.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Seal, SealFileError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_str(text)?;
        if format != FORMAT {
            return Err(SealFileError::Format(format));
        }
        let Self { seal, .. } = serde_json::from_str(text)?;
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if seal.hash.len() == 64 && seal.hash.bytes().all(digit) {
            Ok(seal)
        } else {
            Err(SealFileError::Hash)
        }
    }
}
