//! How to activate an account.

use askama::Template;
use domain::values::Role;
use store::StoreError;

use super::letter::{Addressed, Letter};
use crate::{
    draft::{Draft, instant},
    who_is_who::Activation as DueActivation,
};

/// Greets nobody by name: the address is not proven yet, and a name that anybody may type would put their
/// words in our mail. Says when the sign-up was: the last one counts, and may be a stranger's.
#[derive(Template)]
#[template(path = "mail/activation.txt")]
struct Activation {
    role: Role,
    establishment: String,
    /// When it was asked for, in French.
    at: String,
    link: String,
}

impl Letter for Activation {
    fn subject(&self) -> &'static str {
        "Activez votre compte Mon stage de troisième"
    }

    fn name(&self) -> Option<&str> {
        None
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some(("Activer mon compte", &self.link))
    }
}

pub(super) async fn letter(
    draft: &mut Draft<'_>,
    due: DueActivation,
) -> Result<Addressed, StoreError> {
    draft.about(due.id.as_uuid());
    let letter = Activation {
        role: due.role,
        establishment: draft.establishment(&due.establishment).await?.shown,
        at: instant(due.asked_at),
        link: draft.page(&format!("activation?token={}", due.token)),
    };
    Ok(Addressed::new(due.email, letter))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, link, sample};

    let letter = Activation {
        role: Role::Student,
        establishment: ESTABLISHMENT.to_owned(),
        at: "23 novembre 2026 à 8 h 05 (UTC)".to_owned(),
        link: link("activation?token="),
    };
    vec![sample("activation", letter)]
}
