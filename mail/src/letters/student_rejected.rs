//! To a pupil whom staff took out of their establishment.

use askama::Template;
use domain::{ids::PersonId, values::Uai};
use futures::FutureExt as _;

use super::letter::{Addressed, Kind, Letter, Made};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/student_rejected.txt")]
struct StudentRejected {
    name: Option<String>,
    establishment: String,
    link: String,
}

impl Letter for StudentRejected {
    fn subject(&self) -> &'static str {
        "Vous ne figurez plus sur les listes de l'établissement choisi"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some(("Me connecter", &self.link))
    }
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
    let letter = StudentRejected {
        name: draft.name(student.as_uuid()).await?,
        establishment: draft.establishment(message.establishment()?).await?.shown,
        link: draft.sign_in(),
    };
    Ok(Some(Addressed::new(to, letter)))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, sample, sign_in};

    let letter = StudentRejected {
        name: Some(NAME.to_owned()),
        establishment: ESTABLISHMENT.to_owned(),
        link: sign_in(),
    };
    vec![sample("student_rejected", letter)]
}
