//! The invitations to join the staff of an establishment that nobody has followed yet.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{
    establishment::{EstablishmentEvent, PendingInvitation},
    event::Event,
    ids::{ClassId, InvitationId},
    values::{StaffRole, Uai},
};
use store::{
    Change, Conn, EventRecord, Nullable, Projection, Rows, StoreError, fetch_all, fetch_optional,
};

use crate::{
    after::{After, listed, page},
    order,
};

/// Keeps the table `invitations`.
pub struct Invitations;

/// What a run of events makes of the invitations.
#[derive(Default)]
struct Fates<'e> {
    /// The establishments whose earlier invitations all ended.
    ended: BTreeSet<&'e Uai>,
    /// Each invitation that was named since: nothing left, or this.
    named: BTreeMap<InvitationId, Option<Pending<'e>>>,
}

#[derive(Clone, Copy)]
struct Pending<'e> {
    record: &'e EventRecord,
    invitation: PendingInvitation,
}

impl Projection for Invitations {
    fn name(&self) -> &'static str {
        "invitations"
    }

    fn apply(&self, events: &[EventRecord]) -> Vec<Change> {
        let mut fates = Fates::default();
        for record in events {
            if let Event::Establishment(event) = &record.event {
                fates.fold(record, event);
            }
        }
        vec![fates.end(), fates.remove(), fates.put()]
    }
}

impl<'e> Fates<'e> {
    fn fold(&mut self, record: &'e EventRecord, event: &EstablishmentEvent) {
        match event {
            EstablishmentEvent::StaffInvited {
                invitation,
                role,
                class,
            } => {
                let pending = Pending {
                    record,
                    invitation: PendingInvitation {
                        role: *role,
                        class: *class,
                    },
                };
                self.named.insert(*invitation, Some(pending));
            }
            EstablishmentEvent::InvitationRevoked { invitation }
            | EstablishmentEvent::StaffJoined {
                invitation: Some(invitation),
                ..
            } => {
                self.named.insert(*invitation, None);
            }
            EstablishmentEvent::SchoolYearOpened { .. } => {
                self.ended.insert(&record.establishment);
                self.named.retain(|_, fate| {
                    fate.is_none_or(|it| it.record.establishment != record.establishment)
                });
            }
            _ => {}
        }
    }

    fn end(&self) -> Change {
        Change::remove(
            "invitations",
            Rows::new().text("establishment", &self.ended),
        )
    }

    fn remove(&self) -> Change {
        let gone = self.named.iter().filter(|(_, fate)| fate.is_none());
        Change::remove(
            "invitations",
            Rows::new().text("id", gone.map(|(id, _)| id)),
        )
    }

    fn put(&self) -> Change {
        let pending: Vec<_> = self
            .named
            .iter()
            .filter_map(|(id, fate)| fate.map(|it| (id, it.record, it.invitation)))
            .collect();
        let establishments = pending.iter().map(|row| &row.1.establishment);
        let rows = Rows::new()
            .text("id", pending.iter().map(|row| row.0))
            .text("establishment", establishments)
            .text("role", pending.iter().map(|row| row.2.role.as_str()))
            .optional_text("class_id", pending.iter().map(|row| row.2.class))
            .time("invited_at", pending.iter().map(|row| row.1.recorded_at));
        Change::put("invitations", rows)
    }
}

/// A pending invitation, as the head sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InvitationItem {
    #[sqlx(try_from = "String")]
    pub id: InvitationId,
    #[sqlx(try_from = "String")]
    pub establishment: Uai,
    /// The invited person's, as the next; none once erased.
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[sqlx(try_from = "String")]
    pub role: StaffRole,
    /// The class a main teacher is meant for, if said.
    #[sqlx(try_from = "Nullable<String>")]
    pub class_id: Option<ClassId>,
    pub invited_at: DateTime<Utc>,
}

listed!(InvitationItem, self => order::person(self.first_name.as_ref(), self.last_name.as_ref()));

/// The columns of an [`InvitationItem`].
macro_rules! select_invitations {
    ($condition:literal) => {
        concat!(
            "SELECT i.id, i.establishment, p.first_name, p.last_name, i.role, i.class_id, \
                    i.invited_at \
             FROM invitations i LEFT JOIN people p ON p.id = i.id WHERE ",
            $condition
        )
    };
}

/// The pending invitations of an establishment, by name.
pub async fn list(
    conn: &mut Conn<'_>,
    establishment: &Uai,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<InvitationItem>, StoreError> {
    let invitations = fetch_all!(
        conn,
        InvitationItem,
        select_invitations!("i.establishment = $1"),
        establishment.as_str(),
    )?;
    Ok(page(invitations, InvitationItem::cursor, after, limit))
}

/// One pending invitation, whoever sent it.
pub async fn get(
    conn: &mut Conn<'_>,
    invitation: InvitationId,
) -> Result<Option<InvitationItem>, StoreError> {
    fetch_optional!(
        conn,
        InvitationItem,
        select_invitations!("i.id = $1"),
        invitation.to_string()
    )
}

#[cfg(test)]
mod tests {
    use domain::ids::PersonId;
    use uuid::Uuid;

    use super::*;
    use crate::testing::{Log, OTHER_UAI, UAI, class_id, expect_however_cut, person};

    impl Log {
        fn invited(&mut self, uai: &str, invitation: u128, class: Option<ClassId>) {
            let event = EstablishmentEvent::StaffInvited {
                invitation: invitation_id(invitation),
                role: StaffRole::MainTeacher,
                class,
            };
            self.push(uai, &uai, event);
        }

        fn followed(&mut self, invitation: u128, staff: PersonId) {
            let event = EstablishmentEvent::StaffJoined {
                staff,
                role: StaffRole::MainTeacher,
                invitation: Some(invitation_id(invitation)),
            };
            self.push(UAI, &UAI, event);
        }
    }

    fn invitation_id(id: u128) -> InvitationId {
        InvitationId::new(Uuid::from_u128(id))
    }

    /// The head sees who has not answered yet. Followed, revoked or of a past year, an invitation is gone
    /// from that list, and those of other schools stay.
    #[tokio::test]
    async fn invitations_follow_from_a_log_cut_anywhere() {
        let class = class_id(0xa);
        let mut log = Log::default();
        log.invited(UAI, 1, None);
        log.invited(OTHER_UAI, 2, None);
        log.year_opened();
        log.invited(UAI, 3, Some(class));
        log.invited(UAI, 4, None);
        log.invited(UAI, 5, None);
        log.followed(4, person(1));
        let invitation = invitation_id(5);
        log.push(
            UAI,
            &UAI,
            EstablishmentEvent::InvitationRevoked { invitation },
        );
        let expected = [
            format!("{} none", invitation_id(2)),
            format!("{} {class}", invitation_id(3)),
        ];
        let sql = "SELECT id || ' ' || COALESCE(class_id, 'none') FROM invitations ORDER BY 1";
        expect_however_cut(&Invitations, &log, sql, &expected).await;
    }
}
