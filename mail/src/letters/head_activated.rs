//! To an establishment's official mailbox: somebody is now its head here.

use askama::Template;
use domain::{ids::PersonId, values::Uai};
use futures::FutureExt as _;

use super::letter::{Addressed, Kind, Letter, Made};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/head_activated.txt")]
struct HeadActivated {
    head: Option<String>,
    establishment: String,
}

impl Letter for HeadActivated {
    fn subject(&self) -> &'static str {
        "Un compte de chef d'établissement est actif pour votre collège"
    }

    fn name(&self) -> Option<&str> {
        None
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        None
    }
}

pub(super) const KIND: Kind = Kind {
    name: "head_activated",
    make: |draft, message| make(draft, message).boxed(),
};

impl Message {
    /// To the establishment's official mailbox: this person is now its head here.
    #[must_use]
    pub fn head_activated(establishment: Uai, head: PersonId) -> Self {
        Self::about(KIND.name, head.as_uuid()).at(establishment)
    }
}

async fn make(draft: &mut Draft<'_>, message: &Message) -> Made {
    let head = PersonId::new(message.subject()?);
    let establishment = draft.establishment(message.establishment()?).await?;
    let Some(to) = establishment.mailbox else {
        return Ok(None);
    };
    if establishment.head != Some(head) {
        return Ok(None);
    }
    let letter = HeadActivated {
        head: draft.name(head.as_uuid()).await?,
        establishment: establishment.shown,
    };
    Ok(Some(Addressed::new(to, letter)))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, sample};

    let letter = HeadActivated {
        head: Some(NAME.to_owned()),
        establishment: ESTABLISHMENT.to_owned(),
    };
    vec![sample("head_activated", letter)]
}
