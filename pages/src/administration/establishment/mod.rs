//! An establishment as administrators see it: where it stands, who heads it, and what they may decide.

mod eligibility;
mod invite_head;
mod replace_head;
mod revoke_head;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    routing::get,
};
use domain::values::{StaffRole, Uai, long_day};
use projections::{
    directory::{self, DirectoryEntry},
    history::{self, Filter},
    staff::StaffItem,
};
use store::Conn;
use web::{AppState, PathId, permissions::Action, problem::Problem};

use super::{PATH, standing::Standing};
use crate::{
    frame::{self, Frame, Page, Place, Visit},
    staff::{SENT_AGAIN, everybody, pending, rows::Pending, sent_again},
};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/administration/etablissements/{uai}", get(show))
        .merge(eligibility::routes())
        .merge(invite_head::routes())
        .merge(replace_head::routes())
        .merge(revoke_head::routes())
}

/// Where an establishment's page is.
fn path(uai: &Uai) -> String {
    format!("{PATH}/etablissements/{uai}")
}

#[derive(Template)]
#[template(path = "administration/establishment/page.html")]
struct EstablishmentPage {
    frame: Frame,
    standing: Standing,
    last: Option<Decision>,
    /// The name of its head, once it is registered.
    head: Option<String>,
    /// Whom an invitation as its head went to.
    invited: Vec<Pending>,
}

/// A decision that was taken about its eligibility.
struct Decision {
    /// "jeudi 12 mars 2027", by its own clock.
    day: String,
    sentence: String,
}

async fn show(
    State(state): State<AppState>,
    mut visit: Visit,
    PathId(uai): PathId<Uai>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Page<EstablishmentPage>, Problem> {
    let entry = find(&mut visit, Action::ReadService, &uai).await?;
    let frame = framed(&mut visit, entry.name.clone()).await?;
    let told = visit.told_of(&uai).await?;
    let now = state.commands.clock().now();
    let conn = &mut visit.conn();
    let mut invited = pending(conn, &uai, &[], now).await?;
    invited.retain(|one| one.hands_over);
    let staff = everybody(conn, &uai).await?;
    let again = query.get(SENT_AGAIN).and_then(|id| id.parse().ok());
    let again = again.and_then(|id| sent_again(&invited, id));
    Ok(Page(EstablishmentPage {
        frame: Frame {
            told: again.or(told),
            ..frame
        },
        last: last_decision(conn, &entry).await?,
        standing: Standing::new(entry, state.sign_up.order),
        head: head(&staff).map(name),
        invited,
    }))
}

/// The establishment, for a caller who may do this there.
async fn find(visit: &mut Visit, action: Action, uai: &Uai) -> Result<DirectoryEntry, Problem> {
    visit.caller.authorize(action, uai)?;
    let entry = directory::get(&mut visit.conn(), uai).await?;
    entry.ok_or_else(Problem::not_found)
}

async fn framed(visit: &mut Visit, title: String) -> Result<Frame, Problem> {
    visit.frame(title, Place::Establishments).await
}

/// Its head, if it has one.
fn head(staff: &[StaffItem]) -> Option<&StaffItem> {
    staff.iter().find(|one| one.role == StaffRole::Head)
}

fn name(person: &StaffItem) -> String {
    frame::name(person.first_name.as_deref(), person.last_name.as_deref())
}

async fn last_decision(
    conn: &mut Conn<'_>,
    entry: &DirectoryEntry,
) -> Result<Option<Decision>, Problem> {
    let clock = entry.clock();
    let filter = Filter {
        establishment: Some(entry.uai.clone()),
        event_type: Some("EligibilityDecided"),
        ..Filter::default()
    };
    let last = history::page(conn, &filter, None, 1).await?.pop();
    Ok(last.map(|item| Decision {
        day: long_day(clock.at(item.record.recorded_at).date()),
        sentence: item.summary,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NASTY, checked, framed};

    fn page(name: &str, head: Option<&str>, invited: Vec<Pending>) -> String {
        checked(&EstablishmentPage {
            frame: framed(name.to_owned(), Place::Establishments),
            standing: Standing::sample(name),
            last: Some(Decision {
                day: "jeudi 12 mars 2027".to_owned(),
                sentence: name.to_owned(),
            }),
            head: head.map(str::to_owned),
            invited,
        })
    }

    /// Whoever answers a collège's call sees who heads it, whom an invitation waits for, and where to go on.
    #[test]
    fn it_says_who_heads_it_and_leads_on() {
        for name in NASTY {
            let html = page(name, Some(name), vec![Pending::sample(name)]);
            assert!(html.contains("Inviter un autre chef"), "{html}");
            assert_eq!(html.matches("/chef/annuler\"").count(), 1, "{html}");
            for way in ["/eligibilite", "/chef/inviter", "/chef/remplacer"] {
                let link = format!("href=\"/administration/etablissements/9990021U{way}\"");
                assert!(html.contains(&link), "{way}: {html}");
            }
            assert!(html.contains(r#"href="/historique?etablissement=9990021U""#));
        }
        let html = page("Collège Olympe", None, Vec::new());
        assert!(html.contains("Aucun chef d'établissement"), "{html}");
        assert!(!html.contains("/chef/remplacer"), "{html}");
    }
}
