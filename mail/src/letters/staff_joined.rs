//! To the head: somebody joined the staff.

use askama::Template;
use domain::{
    ids::PersonId,
    values::{StaffRole, Uai},
};
use futures::FutureExt as _;

use super::{
    layout,
    letter::{Kind, Made, Wording},
};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/staff_joined.txt")]
struct StaffJoined {
    /// Who joined.
    staff: Option<String>,
    role: StaffRole,
    establishment: String,
    /// Since when, in French, by the clock there.
    since: String,
}

impl Wording for StaffJoined {
    const SUBJECT: &'static str = "Nouveau membre dans l'équipe de votre établissement";
    const ACTION: &'static str = "Me connecter";
}

pub(super) const KIND: Kind = Kind {
    name: "staff_joined",
    make: |draft, message| make(draft, message).boxed(),
};

impl Message {
    /// To the head: this person joined the staff.
    #[must_use]
    pub fn staff_joined(establishment: Uai, staff: PersonId) -> Self {
        Self::about(KIND.name, staff.as_uuid()).at(establishment)
    }
}

async fn make(draft: &mut Draft<'_>, message: &Message) -> Made {
    let staff = PersonId::new(message.subject()?);
    let establishment = draft.establishment(message.establishment()?).await?;
    let Some(head) = establishment.head.filter(|head| *head != staff) else {
        return Ok(None);
    };
    let Some(to) = draft.address_of(head).await? else {
        return Ok(None);
    };
    let Some(joined) = draft.joined(message.establishment()?, staff).await? else {
        return Ok(None);
    };
    let name = draft.name(head.as_uuid()).await?;
    let wording = StaffJoined {
        staff: draft.name(staff.as_uuid()).await?,
        role: joined.role,
        since: establishment.told(joined.since),
        establishment: establishment.shown,
    };
    layout::letter(to, name.as_deref(), Some(&draft.sign_in()), &wording)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, sample, sign_in};

    let letter = |sample_name, name: Option<&str>, role, since: &str| {
        let wording = StaffJoined {
            staff: name.map(str::to_owned),
            role,
            establishment: ESTABLISHMENT.to_owned(),
            since: since.to_owned(),
        };
        sample(sample_name, name, Some(sign_in()), &wording)
    };
    let (whole, erased) = ("staff_joined", "staff_joined_erased");
    let (day, later) = ("23 novembre 2026 à 9 h 05", "1er mars 2027 à 18 h 40");
    vec![
        letter(whole, Some(NAME), StaffRole::Counsellor, day),
        letter(erased, None, StaffRole::Teacher, later),
    ]
}
