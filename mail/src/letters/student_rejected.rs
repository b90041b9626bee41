//! To a pupil whom staff took out of their establishment.

use askama::Template;
use domain::{ids::PersonId, values::Uai};
use futures::FutureExt as _;

use super::{
    layout,
    letter::{Kind, Made, Wording},
};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/student_rejected.txt")]
struct StudentRejected {
    establishment: String,
}

impl Wording for StudentRejected {
    const SUBJECT: &'static str = "Vous ne figurez plus sur les listes de l'établissement choisi";
    const ACTION: &'static str = "Me connecter";
}

pub(super) const KIND: Kind = Kind {
    name: "student_rejected",
    make: |draft, message| make(draft, message).boxed(),
};

impl Message {
    /// To a pupil who is no longer in this establishment.
    #[must_use]
    pub fn student_rejected(student: PersonId, establishment: Uai) -> Self {
        Self::about(KIND.name, student.as_uuid()).at(establishment)
    }
}

async fn make(draft: &mut Draft<'_>, message: &Message) -> Made {
    let student = PersonId::new(message.subject()?);
    let Some(to) = draft.address_of(student).await? else {
        return Ok(None);
    };
    let name = draft.name(student.as_uuid()).await?;
    let establishment = draft.establishment(message.establishment()?).await?.shown;
    let wording = StudentRejected { establishment };
    layout::letter(to, name.as_deref(), Some(&draft.sign_in()), &wording)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, sample, sign_in};

    let establishment = ESTABLISHMENT.to_owned();
    let wording = StudentRejected { establishment };
    vec![sample(
        "student_rejected",
        Some(NAME),
        Some(sign_in()),
        &wording,
    )]
}
