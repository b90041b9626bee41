//! How to choose another password.

use askama::Template;
use store::StoreError;

use super::letter::{Addressed, Letter};
use crate::{draft::Draft, who_is_who::PasswordReset as DuePasswordReset};

#[derive(Template)]
#[template(path = "mail/password_reset.txt")]
struct PasswordReset {
    name: Option<String>,
    link: String,
}

impl Letter for PasswordReset {
    fn subject(&self) -> &'static str {
        "Choisissez un nouveau mot de passe"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some(("Choisir un mot de passe", &self.link))
    }
}

pub(super) async fn letter(
    draft: &mut Draft<'_>,
    due: DuePasswordReset,
) -> Result<Addressed, StoreError> {
    draft.about(due.id.as_uuid());
    let letter = PasswordReset {
        name: draft.name(due.id.as_uuid()).await?,
        link: draft.page(&format!("mot-de-passe?token={}", due.token)),
    };
    Ok(Addressed::new(due.email, letter))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{NAME, link, sample};

    let letter = PasswordReset {
        name: Some(NAME.to_owned()),
        link: link("mot-de-passe?token="),
    };
    vec![sample("password_reset", letter)]
}
