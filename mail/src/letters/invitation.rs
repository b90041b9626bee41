//! How to follow an invitation: a head's to the staff, or the service's to be the head.

use askama::Template;
use domain::{ids::InvitationId, values::StaffRole};
use futures::FutureExt as _;

use super::{
    layout,
    letter::{Kind, Made, Wording},
};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/staff_invitation.txt")]
struct StaffInvitation {
    /// The head.
    inviter: Option<String>,
    role: StaffRole,
    establishment: String,
    /// The class meant for them, if any.
    class: Option<String>,
    /// Until when it can be followed, in French, by the clock there.
    until: String,
}

#[derive(Template)]
#[template(path = "mail/head_invitation.txt")]
struct HeadInvitation {
    establishment: String,
    /// Whether somebody else is its head now.
    takes_over: bool,
    /// As for the staff.
    until: String,
}

/// What opens the page of either.
const OPEN: &str = "Voir l'invitation";

impl Wording for StaffInvitation {
    const SUBJECT: &'static str = "Invitation à rejoindre l'équipe de votre établissement";
    const ACTION: &'static str = OPEN;
}

impl Wording for HeadInvitation {
    const SUBJECT: &'static str = "Invitation à prendre en charge votre établissement";
    const ACTION: &'static str = OPEN;
}

pub(super) const KIND: Kind = Kind {
    name: "invitation",
    make: |draft, message| make(draft, message).boxed(),
};

impl Message {
    /// To the invited person: how to follow the invitation.
    #[must_use]
    pub fn invitation(invitation: InvitationId) -> Self {
        Self::about(KIND.name, invitation.as_uuid())
    }
}

async fn make(draft: &mut Draft<'_>, message: &Message) -> Made {
    let id = message.subject()?;
    if draft.newer_waits(message, id.to_string()).await? {
        return Ok(None);
    }
    let invitation = InvitationId::new(id);
    let invited = draft
        .people
        .invited(&mut draft.conn, invitation, draft.proof);
    let (Some(invited), Some(pending)) = (invited.await?, draft.invitation(invitation).await?)
    else {
        return Ok(None);
    };
    draft.about(id);
    let establishment = draft.establishment(&pending.establishment).await?;
    let name = draft.name(id).await?;
    let until = establishment.told(invited.until);
    let link = draft.page(&format!("inscription?invitation={}", invited.token));
    let to = invited.email;
    if pending.role == StaffRole::Head {
        let wording = HeadInvitation {
            takes_over: establishment.head.is_some(),
            until,
            establishment: establishment.shown,
        };
        return layout::letter(to, name.as_deref(), Some(&link), &wording);
    }
    let wording = StaffInvitation {
        inviter: match establishment.head {
            Some(head) => draft.name(head.as_uuid()).await?,
            None => None,
        },
        role: pending.role,
        establishment: establishment.shown,
        class: pending.class,
        until,
    };
    layout::letter(to, name.as_deref(), Some(&link), &wording)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, link, sample};

    let link = || Some(link("inscription?invitation="));
    let until = || "7 décembre 2026 à 9 h 05".to_owned();
    let bare = StaffInvitation {
        inviter: None,
        role: StaffRole::Teacher,
        establishment: ESTABLISHMENT.to_owned(),
        class: None,
        until: until(),
    };
    let whole = StaffInvitation {
        inviter: Some("Noël D'<i>Œuf</i>".to_owned()),
        role: StaffRole::MainTeacher,
        establishment: ESTABLISHMENT.to_owned(),
        class: Some("3e \"A\" & <u>B</u>".to_owned()),
        until: until(),
    };
    let head = |takes_over| HeadInvitation {
        establishment: ESTABLISHMENT.to_owned(),
        takes_over,
        until: until(),
    };
    vec![
        sample("staff_invitation", Some(NAME), link(), &whole),
        sample("staff_invitation_bare", None, link(), &bare),
        sample("head_invitation", None, link(), &head(false)),
        sample(
            "head_invitation_taking_over",
            Some(NAME),
            link(),
            &head(true),
        ),
    ]
}
