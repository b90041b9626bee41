//! Rows hold text; what reads them wants the domain's values.

use std::{fmt::Display, str::FromStr};

use store::StoreError;

/// Parses a value that the program itself wrote.
pub(crate) fn parse<T: FromStr<Err: Display>>(table: &str, text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|error: T::Err| damaged(table, &error.to_string()))
}

/// A row that the program itself cannot have written.
pub(crate) fn damaged(table: &str, detail: &str) -> StoreError {
    StoreError::Damaged {
        stream: format!("read model {table}"),
        detail: detail.to_owned(),
    }
}
