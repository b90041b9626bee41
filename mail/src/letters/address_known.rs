//! Somebody asked for an account at an address that has one.

use askama::Template;
use domain::values::Role;

use super::{
    layout,
    letter::{Made, Wording},
};
use crate::{draft::Draft, who_is_who::AddressKnown as DueAddressKnown};

#[derive(Template)]
#[template(path = "mail/address_known.txt")]
struct AddressKnown {
    /// Whether the account is a pupil's.
    student: bool,
    /// Whether it is a head's, whom nobody takes off the staff.
    head: bool,
}

impl Wording for AddressKnown {
    const SUBJECT: &'static str = "Vous avez déjà un compte Mon stage de troisième";
    const ACTION: &'static str = "Me connecter";
}

pub(super) fn letter(draft: &mut Draft<'_>, due: DueAddressKnown) -> Made {
    draft.about(due.id.as_uuid());
    let wording = AddressKnown {
        student: due.role == Role::Student,
        head: due.role == Role::Head,
    };
    layout::letter(due.email, None, Some(&draft.sign_in()), &wording)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{sample, sign_in};

    let letter = |name, student, head| {
        let wording = AddressKnown { student, head };
        sample(name, None, Some(sign_in()), &wording)
    };
    vec![
        letter("address_known_staff", false, false),
        letter("address_known_head", false, true),
        letter("address_known_student", true, false),
    ]
}
