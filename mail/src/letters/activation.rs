//! How to activate an account.

use askama::Template;
use domain::values::Role;

use super::{
    layout,
    letter::{Made, Wording},
};
use crate::{draft::Draft, who_is_who::Activation as DueActivation};

/// Greets nobody by name: the address is not proven yet, and a name that anybody may type would put their
/// words in our mail. Says when the sign-up was, and as what: another may be a stranger's.
#[derive(Template)]
#[template(path = "mail/activation.txt")]
struct Activation {
    role: Role,
    establishment: String,
    /// When it was asked for, in French, by the clock there.
    at: String,
    /// Until when it can be followed, likewise.
    until: String,
}

impl Wording for Activation {
    const SUBJECT: &'static str = "Activez votre compte Mon stage de troisième";
    const ACTION: &'static str = "Activer mon compte";
}

pub(super) async fn letter(draft: &mut Draft<'_>, due: DueActivation) -> Made {
    draft.about(due.id.as_uuid());
    let establishment = draft.establishment(&due.establishment).await?;
    let wording = Activation {
        role: due.role,
        at: establishment.told(due.asked_at),
        until: establishment.told(due.until),
        establishment: establishment.shown,
    };
    let link = draft.page(&format!("activation?token={}", due.token));
    layout::letter(due.email, None, Some(&link), &wording)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, link, sample};

    let wording = Activation {
        role: Role::Student,
        establishment: ESTABLISHMENT.to_owned(),
        at: "23 novembre 2026 à 9 h 05".to_owned(),
        until: "30 novembre 2026 à 9 h 07".to_owned(),
    };
    let link = link("activation?token=");
    vec![sample("activation", None, Some(link), &wording)]
}
