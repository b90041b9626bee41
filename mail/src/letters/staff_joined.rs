//! To the head: somebody joined the staff.

use askama::Template;
use domain::{
    ids::PersonId,
    values::{StaffRole, Uai},
};
use futures::FutureExt as _;

use super::letter::{Addressed, Kind, Letter, Made};
use crate::{
    draft::{Draft, instant},
    message::Message,
};

#[derive(Template)]
#[template(path = "mail/staff_joined.txt")]
struct StaffJoined {
    name: Option<String>,
    /// Who joined.
    staff: Option<String>,
    role: StaffRole,
    establishment: String,
    /// Since when, in French.
    since: String,
    link: String,
}

impl Letter for StaffJoined {
    fn subject(&self) -> &'static str {
        "Nouveau membre dans l'équipe de votre établissement"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some(("Me connecter", &self.link))
    }
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
    let letter = StaffJoined {
        name: draft.name(head.as_uuid()).await?,
        staff: draft.name(staff.as_uuid()).await?,
        role: joined.role,
        establishment: establishment.shown,
        since: instant(joined.since),
        link: draft.sign_in(),
    };
    Ok(Some(Addressed::new(to, letter)))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, sample, sign_in};

    let letter = |name: Option<&str>, role, since: &str| StaffJoined {
        name: name.map(str::to_owned),
        staff: name.map(str::to_owned),
        role,
        establishment: ESTABLISHMENT.to_owned(),
        since: since.to_owned(),
        link: sign_in(),
    };
    let named = letter(
        Some(NAME),
        StaffRole::Counsellor,
        "23 novembre 2026 à 8 h 05 (UTC)",
    );
    let erased = letter(None, StaffRole::Teacher, "1er mars 2027 à 17 h 40 (UTC)");
    vec![
        sample("staff_joined", named),
        sample("staff_joined_erased", erased),
    ]
}
