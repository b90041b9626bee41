//! How to choose another password.

use askama::Template;

use super::{
    layout,
    letter::{Made, Wording},
};
use crate::{draft::Draft, who_is_who::PasswordReset as DuePasswordReset};

#[derive(Template)]
#[template(path = "mail/password_reset.txt")]
struct PasswordReset;

impl Wording for PasswordReset {
    const SUBJECT: &'static str = "Choisissez un nouveau mot de passe";
    const ACTION: &'static str = "Choisir un mot de passe";
}

pub(super) async fn letter(draft: &mut Draft<'_>, due: DuePasswordReset) -> Made {
    draft.about(due.id.as_uuid());
    let name = draft.name(due.id.as_uuid()).await?;
    let link = draft.page(&format!("mot-de-passe?token={}", due.token));
    layout::letter(due.email, name.as_deref(), Some(&link), &PasswordReset)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{NAME, link, sample};

    let link = link("mot-de-passe?token=");
    vec![sample(
        "password_reset",
        Some(NAME),
        Some(link),
        &PasswordReset,
    )]
}
