//! How to follow an invitation: a head's to the staff, or the service's to be the head.

use askama::Template;
use domain::{ids::InvitationId, values::StaffRole};
use futures::FutureExt as _;

use super::letter::{Addressed, Kind, Letter, Made};
use crate::{draft::Draft, message::Message};

#[derive(Template)]
#[template(path = "mail/staff_invitation.txt")]
struct StaffInvitation {
    name: Option<String>,
    /// The head.
    inviter: Option<String>,
    role: StaffRole,
    establishment: String,
    /// The class meant for them, if any.
    class: Option<String>,
    link: String,
}

#[derive(Template)]
#[template(path = "mail/head_invitation.txt")]
struct HeadInvitation {
    name: Option<String>,
    establishment: String,
    /// Whether somebody else is its head now.
    takes_over: bool,
    link: String,
}

/// What opens the page of either.
const OPEN: &str = "Voir l'invitation";

impl Letter for StaffInvitation {
    fn subject(&self) -> &'static str {
        "Invitation à rejoindre l'équipe de votre établissement"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some((OPEN, &self.link))
    }
}

impl Letter for HeadInvitation {
    fn subject(&self) -> &'static str {
        "Invitation à prendre en charge votre établissement"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn action(&self) -> Option<(&'static str, &str)> {
        Some((OPEN, &self.link))
    }
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
    let (Some((to, token)), Some(pending)) = (invited.await?, draft.invitation(invitation).await?)
    else {
        return Ok(None);
    };
    draft.about(id);
    let establishment = draft.establishment(&pending.establishment).await?;
    let name = draft.name(id).await?;
    let link = draft.page(&format!("inscription?invitation={token}"));
    if pending.role == StaffRole::Head {
        let letter = HeadInvitation {
            name,
            takes_over: establishment.head.is_some(),
            establishment: establishment.shown,
            link,
        };
        return Ok(Some(Addressed::new(to, letter)));
    }
    let letter = StaffInvitation {
        name,
        inviter: match establishment.head {
            Some(head) => draft.name(head.as_uuid()).await?,
            None => None,
        },
        role: pending.role,
        establishment: establishment.shown,
        class: pending.class,
        link,
    };
    Ok(Some(Addressed::new(to, letter)))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<super::tests::Sample> {
    use super::tests::{ESTABLISHMENT, NAME, link, sample};

    let link = || link("inscription?invitation=");
    let staff = |role| StaffInvitation {
        name: None,
        inviter: None,
        role,
        establishment: ESTABLISHMENT.to_owned(),
        class: None,
        link: link(),
    };
    let head = |name, takes_over| HeadInvitation {
        name,
        establishment: ESTABLISHMENT.to_owned(),
        takes_over,
        link: link(),
    };
    let whole = StaffInvitation {
        name: Some(NAME.to_owned()),
        inviter: Some("Noël D'<i>Œuf</i>".to_owned()),
        class: Some("3e \"A\" & <u>B</u>".to_owned()),
        ..staff(StaffRole::MainTeacher)
    };
    vec![
        sample("staff_invitation", whole),
        sample("staff_invitation_bare", staff(StaffRole::Teacher)),
        sample("head_invitation", head(None, false)),
        sample(
            "head_invitation_taking_over",
            head(Some(NAME.to_owned()), true),
        ),
    ]
}
