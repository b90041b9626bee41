//! Values parsed once: what holds one of these types needs no further check.

mod choice;
mod class_name;
mod email_address;
mod local_time;
mod person_name;
mod postal_code;
mod priority;
mod role;
mod school_year;
#[cfg(test)]
mod tests;
mod text;
mod track;
mod uai;

pub use choice::UnknownChoice;
pub use class_name::{ClassName, ClassNameError};
pub use email_address::{EmailAddress, EmailAddressError};
pub use local_time::{LocalTime, long_day};
pub use person_name::{PersonName, PersonNameError};
pub use postal_code::{PostalCode, PostalCodeError};
pub use priority::Priority;
pub use role::{Role, StaffRole};
pub use school_year::{SchoolYear, SchoolYearError};
pub use text::is_invisible;
pub use track::Track;
pub use uai::{Uai, UaiError};
