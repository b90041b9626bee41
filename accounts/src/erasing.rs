//! Erasing people: their personal data go from every table and from the folder for mail; that they were
//! erased is an event. Ids stay, so that the history does.

use std::collections::HashSet;

use async_trait::async_trait;
use commands::{
    By, CommandError, Commands, Refusal, erase_staff::EraseStaff, erase_student::EraseStudent,
    remove_staff::RemoveStaff, revoke_invitation::PendingAt,
};
use domain::{
    ids::{InvitationId, PersonId},
    values::Uai,
};
use mail::remove_about;
use projections::{
    erasures::{self, Erasure, Kind},
    staff,
};
use serde::Serialize;
use store::{Conn, Store, StoreError, Write};
use uuid::Uuid;

use crate::{
    account::{Close, address_keys},
    invitee,
    person::Forget,
    sign_up, token,
};

/// Somebody to erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Person {
    /// As what.
    pub kind: Kind,
    /// Who.
    pub id: PersonId,
}

impl From<&Erasure> for Person {
    fn from(erasure: &Erasure) -> Self {
        Self {
            kind: erasure.kind,
            id: erasure.id,
        }
    }
}

/// Removes everything personal about somebody: name, birth date, account and sessions, sign-ups with their
/// address, invitations to it that are no longer pending, links, and messages that wait to be sent.
/// What is left of them are ids: in the log, in read models, and in `sign_ins`.
struct PersonalData(PersonId);

#[async_trait]
impl Write for PersonalData {
    async fn write(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let Self(id) = *self;
        let keys = address_keys(conn, [id]).await?;
        let mut subjects = vec![id.as_uuid()];
        for key in &keys {
            let ended = invitee::ended_at(conn, key).await?;
            subjects.extend(sign_up::ids_at(conn, key).await?);
            subjects.extend(&ended);
            sign_up::remove_all(conn, key).await?;
            invitee::remove(conn, ended).await?;
        }
        remove_about(conn, subjects, &keys).await?;
        token::withdraw_all(conn, [id.as_uuid()]).await?;
        Close(id).write(conn).await?;
        Forget(id).write(conn).await
    }
}

/// Erases a pupil, or somebody who left the staff they were on; says whether that is new.
///
/// # Errors
///
/// [`Refusal::StudentNotFound`], [`Refusal::StaffNotFound`], [`Refusal::StillOnStaff`]; nothing is then
/// erased.
pub async fn erase(commands: &Commands, by: &By, person: Person) -> Result<bool, CommandError> {
    let Person { kind, id } = person;
    let data = PersonalData(id);
    let (invitations, establishment) = {
        let mut reader = commands.store().reader().await?;
        let conn = &mut reader.conn();
        let invitations = pending_invitations(conn, id).await?;
        (invitations, erasures::last_staff_of(conn, id).await?)
    };
    match kind {
        Kind::Student => {
            let erase = EraseStudent {
                student: id.into(),
                invitations,
            };
            commands.execute_with(by, &erase, &[&data]).await
        }
        Kind::Staff => {
            let erase = EraseStaff {
                establishment: establishment.ok_or(Refusal::StaffNotFound)?,
                staff: id,
                invitations,
            };
            commands.execute_with(by, &erase, &[&data]).await
        }
    }
}

/// The invitations that wait at an address of theirs.
async fn pending_invitations(
    conn: &mut Conn<'_>,
    id: PersonId,
) -> Result<Vec<PendingAt>, StoreError> {
    let mut pending = Vec::new();
    for key in address_keys(conn, [id]).await? {
        pending.extend(invitee::pending_at(conn, &key).await?);
    }
    Ok(pending)
}

/// Erases somebody whom a log restored from an older backup has not erased yet, nor perhaps seen leave:
/// whoever is on a staff leaves it first.
///
/// # Errors
///
/// As [`erase`], and [`Refusal::HeadStays`].
pub async fn erase_anew(
    commands: &Commands,
    by: &By,
    person: Person,
) -> Result<bool, CommandError> {
    if let (Kind::Staff, Some(establishment)) = (person.kind, place_of(commands, person.id).await?)
    {
        let remove = RemoveStaff {
            establishment,
            staff: person.id,
        };
        commands.execute(by, &remove).await?;
    }
    erase(commands, by, person).await
}

async fn place_of(commands: &Commands, id: PersonId) -> Result<Option<Uai>, StoreError> {
    let mut reader = commands.store().reader().await?;
    staff::place_of(&mut reader.conn(), id).await
}

/// Removes again what is personal about somebody whom the log says was erased.
pub async fn remove_again(store: &Store, id: PersonId) -> Result<(), StoreError> {
    store.write(&[&PersonalData(id)]).await
}

/// What messages about these people are found by: their ids, and those of sign-ups and invitations that they
/// followed, or that are at their addresses.
pub async fn subjects(
    store: &Store,
    people: impl IntoIterator<Item = PersonId> + Clone,
) -> Result<HashSet<Uuid>, StoreError> {
    let mut reader = store.reader().await?;
    let conn = &mut reader.conn();
    let invitations = erasures::invitations_followed_by(conn, people.clone()).await?;
    let mut subjects: HashSet<Uuid> = invitations.into_iter().map(InvitationId::as_uuid).collect();
    for key in address_keys(conn, people.clone()).await? {
        subjects.extend(sign_up::ids_at(conn, &key).await?);
        subjects.extend(invitee::ids_at(conn, &key).await?);
    }
    subjects.extend(people.into_iter().map(PersonId::as_uuid));
    Ok(subjects)
}
