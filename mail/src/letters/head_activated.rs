//! To an establishment's official mailbox: somebody is now its head here.

use askama::Template;
use domain::{ids::PersonId, values::Uai};
use futures::FutureExt as _;

use super::{
    layout,
    letter::{Kind, Made, Wording},
};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/head_activated.txt")]
struct HeadActivated {
    head: Option<String>,
    establishment: String,
}

impl Wording for HeadActivated {
    const SUBJECT: &'static str = "Un compte de chef d'établissement est actif pour votre collège";
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
    let wording = HeadActivated {
        head: draft.name(head.as_uuid()).await?,
        establishment: establishment.shown,
    };
    layout::letter(to, None, None, &wording)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, sample};

    let wording = HeadActivated {
        head: Some(NAME.to_owned()),
        establishment: ESTABLISHMENT.to_owned(),
    };
    vec![sample("head_activated", None, None, &wording)]
}
