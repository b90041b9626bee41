//! The staff of an establishment, and whom its head invited ("Personnels").

mod invitations;
pub(crate) mod rows;

use std::collections::HashMap;

use accounts::{
    invitee::{self, Invitee},
    token::Purpose,
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use domain::{ids::InvitationId, values::Uai};
use projections::{
    classes::{self, ClassItem},
    directory,
    invitations::list as pending_invitations,
    staff::{self, StaffItem},
};
use store::{Conn, StoreError};
use web::{
    AppState,
    permissions::{Action, may},
    problem::Problem,
    turn::awaits_main_teacher,
};

use self::rows::{Member, Pending};
use crate::{
    classes::MOST_CLASSES,
    form::Faults,
    frame::{Frame, Page, Place, Told, Visit},
};

pub(crate) const PATH: &str = "/etablissement/personnels";

/// More than any collège has, invitations included.
const MOST_STAFF: i64 = 1_000;

/// The parameter that says which invitation was just sent again: no event does.
pub(crate) const SENT_AGAIN: &str = "renvoi";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(PATH, get(show))
        .route("/invitations/{id}/renvoyer", post(invitations::send_again))
        .route("/invitations/{id}/annuler", post(invitations::revoke))
}

#[derive(Template)]
#[template(path = "staff/page.html")]
struct StaffPage {
    frame: Frame,
    faults: Faults,
    may_manage: bool,
    may_choose_class: bool,
    /// Whether pupils cannot sign up before a main teacher is among them.
    awaits_main_teacher: bool,
    members: Vec<Member>,
    /// For whoever may see them.
    invitations: Option<Vec<Pending>>,
}

async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Page<StaffPage>, Problem> {
    let mut page = page(&state, visit, Faults::default()).await?;
    let again = query.get(SENT_AGAIN).and_then(|id| id.parse().ok());
    let rows = page.0.invitations.as_deref().unwrap_or_default();
    let told = again.and_then(|id| sent_again(rows, id));
    page.0.frame.told = told.or(page.0.frame.told);
    Ok(page)
}

async fn page(
    state: &AppState,
    mut visit: Visit,
    faults: Faults,
) -> Result<Page<StaffPage>, Problem> {
    let establishment = visit.establishment(Action::ReadEstablishment)?;
    let frame = visit.frame("Personnels", Place::Staff).await?;
    let (role, account) = (visit.caller.role, visit.caller.account);
    let conn = &mut visit.conn();
    let classes = classes::list(conn, &establishment, None, MOST_CLASSES).await?;
    let members = everybody(conn, &establishment).await?;
    let entry = directory::get(conn, &establishment).await?;
    let awaits = |entry| awaits_main_teacher(&entry, state.sign_up.order);
    let mut invitations = None;
    if may(role, Action::ReadInvitations) {
        let now = state.commands.clock().now();
        invitations = Some(pending(conn, &establishment, &classes, now).await?);
    }
    Ok(Page(StaffPage {
        frame,
        faults,
        may_manage: may(role, Action::ManageStaff),
        may_choose_class: may(role, Action::ChooseOwnClass),
        awaits_main_teacher: entry.is_some_and(awaits),
        members: members
            .iter()
            .map(|item| Member::new(item, &classes, account))
            .collect(),
        invitations,
    }))
}

/// The whole staff, by name.
pub(crate) async fn everybody(
    conn: &mut Conn<'_>,
    establishment: &Uai,
) -> Result<Vec<StaffItem>, StoreError> {
    staff::list(conn, establishment, None, MOST_STAFF).await
}

/// Whom its pending invitations went to, some of them for these classes.
pub(crate) async fn pending(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    classes: &[ClassItem],
    now: DateTime<Utc>,
) -> Result<Vec<Pending>, StoreError> {
    let mut invitees = invitee::of(conn, establishment).await?;
    let list = pending_invitations(conn, establishment, None, MOST_STAFF).await?;
    let days = |invitee: &Invitee| {
        let left = invitee.expires_at - now;
        (!invitee.expired(now)).then_some(left.num_days() + 1)
    };
    let row = |item| Pending::new(item, classes, &mut invitees, days);
    Ok(list.iter().map(row).collect())
}

/// What is told of an invitation of these that was just sent again.
pub(crate) fn sent_again(rows: &[Pending], id: InvitationId) -> Option<Told> {
    let sent = rows.iter().find(|row| row.id == id)?;
    let days = Purpose::Invitation.lifetime().num_days();
    let sentence = format!(
        "L'invitation de {} est partie de nouveau : son lien est valable {days} jours, et le \
         précédent ne l'est plus.",
        sent.who()
    );
    Some(Told {
        counts: String::new(),
        sentences: vec![sentence],
    })
}

#[cfg(test)]
mod tests {
    use domain::ids::PersonId;
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn member(name: &str, removable: bool) -> Member {
        Member {
            id: PersonId::new(Uuid::from_u128(1)),
            name: name.to_owned(),
            role: "enseignant",
            class: name.to_owned(),
            is_reader: false,
            is_head: !removable,
        }
    }

    fn waiting(name: &str, days: Option<i64>) -> Pending {
        Pending {
            days,
            ..Pending::sample(name)
        }
    }

    fn page(
        members: impl IntoIterator<Item = Member>,
        invitations: Option<Vec<Pending>>,
    ) -> StaffPage {
        StaffPage {
            frame: framed("Personnels", Place::Staff),
            faults: Faults::default(),
            may_manage: invitations.is_some(),
            may_choose_class: true,
            awaits_main_teacher: invitations.is_none(),
            members: members.into_iter().collect(),
            invitations,
        }
    }

    /// The head removes colleagues and nobody else; colleagues see who is there, and no button that would
    /// refuse them.
    #[test]
    fn each_sees_what_they_may_do() {
        for count in [1, 30, 200] {
            let people = (0..count).map(|_| member("Roy Denis", true));
            let head = checked(&page(
                people.chain([member("Marchand Claire", false)]),
                Some(vec![]),
            ));
            assert_eq!(head.matches("/retirer").count(), count);
            assert!(!head.contains("Les élèves ne peuvent pas s'inscrire"));
        }
        let teacher = checked(&page([member("Roy Denis", true)], None));
        assert!(teacher.contains("Les élèves ne peuvent pas s'inscrire"));
        assert!(teacher.contains("Roy Denis") && teacher.contains("Ma classe"));
        for hidden in ["/retirer", "Inviter", "Invitations en attente"] {
            assert!(!teacher.contains(hidden), "{hidden}");
        }
    }

    /// Names come from people, and from whoever was invited.
    #[test]
    fn names_are_shown_as_they_are_typed() {
        let members = NASTY.map(|name| member(name, true));
        let invited = NASTY.map(Pending::sample);
        let html = checked(&page(members, Some(invited.into())));
        assert!(html.contains("محمد"));
    }

    /// Nobody takes back the invitation of whoever is to take their chair: no button says otherwise.
    #[test]
    fn a_handover_is_not_taken_back_here() {
        let mut handover = waiting("Roy Denis", Some(3));
        assert!(checked(&page([], Some(vec![waiting("", Some(3))]))).contains("/annuler"));
        handover.hands_over = true;
        let html = checked(&page([], Some(vec![handover])));
        assert!(
            html.contains("/renvoyer") && !html.contains("/annuler"),
            "{html}"
        );
    }

    /// A head must see at a glance which invitation is worth nothing any more, and what to do.
    #[test]
    fn an_invitation_says_how_long_it_lasts() {
        let html = |days| checked(&page([], Some(vec![waiting("", days)])));
        assert!(html(Some(13)).contains("encore 13 jours"));
        assert!(html(Some(1)).contains("encore 1 jour<"));
        assert!(html(None).contains("Expirée"));
        let rows = [waiting("", Some(13))];
        let told = sent_again(&rows, rows[0].id);
        assert!(told.unwrap().sentences[0].contains("l.moreau@ac-demo.test"));
        assert_eq!(sent_again(&rows, InvitationId::new(Uuid::nil())), None);
    }
}
