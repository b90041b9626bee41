//! Rows hold text; what reads them wants the domain's values.

use std::{fmt::Display, str::FromStr};

use commands::Refusal;
use store::StoreError;

/// Refuses an action whose one row was not written.
pub(crate) fn one_or_refused(written: u64, refusal: Refusal) -> Result<(), StoreError> {
    match written {
        0 => Err(refusal.into()),
        _ => Ok(()),
    }
}

/// Reads a value that the program itself wrote.
pub(crate) fn parse<T: FromStr<Err: Display>>(table: &str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| StoreError::Damaged {
        stream: format!("table {table}"),
        detail: error.to_string(),
    })
}
