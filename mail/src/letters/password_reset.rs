//! How to choose another password.

use askama::Template;
use domain::values::EmailAddress;
use futures::FutureExt as _;

use super::{Addressed, Kind, Letter, Made, about_account};
use crate::{
    compose::ComposeError, draft::Draft, outbox::Message,
    who_is_who::PasswordReset as DuePasswordReset,
};

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
) -> Result<Addressed, ComposeError> {
    draft.about(due.id.as_uuid());
    let letter = PasswordReset {
        name: draft.name(due.id.as_uuid()).await?,
        link: draft.page(&format!("mot-de-passe?token={}", due.token)),
    };
    Ok(Addressed::new(due.email, letter))
}

pub(super) const KIND: Kind = Kind {
    name: "password_reset",
    make: |draft, message| make(draft, message).boxed(),
};

impl Message {
    /// To an address, known or not: how to choose another password.
    #[must_use]
    pub fn password_reset(email: EmailAddress) -> Self {
        Self::to(KIND.name, email)
    }
}

async fn make(draft: &mut Draft<'_>, message: &Message) -> Made {
    let email = message.email()?;
    if draft.newer_waits(message, email.key()).await? {
        return Ok(None);
    }
    let due = draft
        .people
        .asked_for_password(&mut draft.conn, email, draft.proof);
    let due = due.await?;
    about_account(draft, due).await
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
