//! What is asked for about an account, known or not: which letter comes of it is for accounts to say.

use domain::{ids::PersonId, values::EmailAddress};
use futures::FutureExt as _;

use super::{
    activation, address_known,
    letter::{Kind, Made},
    password_reset,
};
use crate::{draft::Draft, message::Message, outbox, who_is_who::Due};

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

/// Asked for by whoever typed an address.
pub(super) const PASSWORD: Kind = Kind {
    name: "password_reset",
    make: |draft, message| password(draft, message).boxed(),
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

    /// To an address, known or not: how to choose another password.
    #[must_use]
    pub fn password_reset(email: EmailAddress) -> Self {
        Self::to(PASSWORD.name, email)
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

async fn password(draft: &mut Draft<'_>, message: &Message) -> Made {
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

/// The letter about an account that is due.
async fn about_account(draft: &mut Draft<'_>, due: Option<Due>) -> Made {
    match due {
        None => Ok(None),
        Some(Due::Activation(due)) => activation::letter(draft, due).await,
        Some(Due::AddressKnown(due)) => address_known::letter(draft, due),
        Some(Due::PasswordReset(due)) => password_reset::letter(draft, due).await,
    }
}
