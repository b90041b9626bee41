//! Turning the demo's constants into the values that the rules want.

use std::{fmt::Display, str::FromStr};

use accounts::person::Person;
use chrono::NaiveDate;
use domain::{
    fold::fold,
    ids::PersonId,
    values::{EmailAddress, PersonName},
};

use super::DemoError;

/// Pupils of a third form are fourteen: born in 2012, one in eight a year earlier.
pub(super) fn birth_date(number: usize) -> Result<NaiveDate, DemoError> {
    let year = if number % 8 == 3 { 2011 } else { 2012 };
    let day = 1 + u32::try_from(number * 53 % 365).unwrap_or_default();
    NaiveDate::from_yo_opt(year, day).ok_or_else(|| DemoError::Data(format!("day {day} of {year}")))
}

pub(super) fn person(
    id: PersonId,
    first_name: &str,
    last_name: &str,
    birth_date: Option<NaiveDate>,
) -> Result<Person, DemoError> {
    Ok(Person {
        id,
        first_name: value(first_name)?,
        last_name: value(last_name)?,
        birth_date,
    })
}

pub(super) fn address(person: &Person, domain: &str) -> Result<EmailAddress, DemoError> {
    let part = |name: &PersonName| fold(name.as_str()).replace(' ', "-");
    let (first, last) = (part(&person.first_name), part(&person.last_name));
    value(&format!("{first}.{last}@{domain}"))
}

pub(super) fn value<T: FromStr<Err: Display>>(text: &str) -> Result<T, DemoError> {
    text.parse()
        .map_err(|error| DemoError::Data(format!("{text} : {error}")))
}
