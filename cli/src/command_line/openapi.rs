//! `monstage openapi`: the document that describes the API, made from its handlers.

use super::{error::Result, output};

pub(super) fn run() -> Result {
    let document = serde_json::to_string_pretty(&api::openapi()).map_err(std::io::Error::from)?;
    output::print(&format!("{document}\n"))
}
