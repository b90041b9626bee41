//! How to activate an account.

use askama::Template;
use domain::{
    ids::PersonId,
    values::{EmailAddress, Role},
};
use futures::FutureExt as _;

use super::{Addressed, Kind, Letter, Made, about_account};
use crate::{
    compose::ComposeError,
    draft::{Draft, instant},
    outbox::{self, Message},
    who_is_who::{Activation as DueActivation, Due},
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
) -> Result<Addressed, ComposeError> {
    draft.about(due.id.as_uuid());
    let letter = Activation {
        role: due.role,
        establishment: draft.establishment(&due.establishment).await?.shown,
        at: instant(due.asked_at),
        link: draft.page(&format!("activation?token={}", due.token)),
    };
    Ok(Addressed::new(due.email, letter))
}

/// Asked for by signing up.
pub(super) const SIGNED_UP: Kind = Kind {
    name: "sign_up",
    make: |draft, message| signed_up(draft, message).boxed(),
};

/// Asked for again, by whoever typed an address.
pub(super) const AGAIN: Kind = Kind {
    name: "activation_again",
    make: |draft, message| again(draft, message).boxed(),
};

impl Message {
    /// To whoever signed up: how to activate the account; or that the address has one already.
    #[must_use]
    pub fn sign_up(sign_up: PersonId) -> Self {
        Self::about(SIGNED_UP.name, sign_up.as_uuid())
    }

    /// To an address, known or not: the activation once more.
    #[must_use]
    pub fn activation_again(email: EmailAddress) -> Self {
        Self::to(AGAIN.name, email)
    }
}

async fn signed_up(draft: &mut Draft<'_>, message: &Message) -> Made {
    let sign_up = PersonId::new(message.subject()?);
    let due = draft
        .people
        .signed_up(&mut draft.conn, sign_up, draft.proof);
    let due = due.await?;
    if let Some(Due::AddressKnown(known)) = &due {
        // Another attempt must still find out what to say, once the sign-up is gone.
        let again = Message::activation_again(known.email.clone());
        outbox::replace(&mut draft.conn, draft.proof.message, &again).await?;
    }
    about_account(draft, due).await
}

async fn again(draft: &mut Draft<'_>, message: &Message) -> Made {
    let email = message.email()?;
    if draft.newer_waits(message, email.key()).await? {
        return Ok(None);
    }
    let due = draft
        .people
        .asked_to_activate(&mut draft.conn, email, draft.proof);
    let due = due.await?;
    about_account(draft, due).await
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
