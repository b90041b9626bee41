//! Somebody asked for an account at an address that has one.

use askama::Template;
use domain::values::Role;

use super::letter::{Addressed, Letter};
use crate::{draft::Draft, who_is_who::AddressKnown as DueAddressKnown};

#[derive(Template)]
#[template(path = "mail/address_known.txt")]
struct AddressKnown {
    /// Whether the account is a pupil's.
    student: bool,
    link: String,
}

impl Letter for AddressKnown {
    fn subject(&self) -> &'static str {
        "Vous avez déjà un compte Mon stage de troisième"
    }

    fn name(&self) -> Option<&str> {
        None
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some(("Me connecter", &self.link))
    }
}

pub(super) fn letter(draft: &mut Draft<'_>, due: DueAddressKnown) -> Addressed {
    draft.about(due.id.as_uuid());
    let letter = AddressKnown {
        student: due.role == Role::Student,
        link: draft.sign_in(),
    };
    Addressed::new(due.email, letter)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{sample, sign_in};

    let letter = |student| AddressKnown {
        student,
        link: sign_in(),
    };
    vec![
        sample("address_known_staff", letter(false)),
        sample("address_known_student", letter(true)),
    ]
}
