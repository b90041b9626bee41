//! Two programs at work on one school.

use std::sync::Arc;

use acceptance::{
    audit,
    engine::Engine,
    world::{School, World},
};
use commands::{
    By, CommandError, Commands, Refusal, UseCase, add_staff::AddStaff,
    follow_invitation::FollowInvitation, invite_staff::InviteStaff, set_own_class::SetOwnClass,
};
use domain::{
    ids::{ClassId, InvitationId, PersonId},
    values::StaffRole,
};
use store::{Store, SystemClock};

use super::{ROUNDS, SIZE};

/// A school, and two servers' write sides.
pub(super) struct Race {
    pub(super) world: World,
    pub(super) school: School,
    pub(super) other: Commands,
}

impl Race {
    pub(super) async fn new(engine: Engine) -> anyhow::Result<Self> {
        let world = World::new(engine).await?;
        let school = world.school(SIZE).await?;
        let other = Store::connect(&world.database.url, projections::all()).await?;
        let other = Commands::new(other, Arc::new(SystemClock), Vec::new());
        Ok(Self {
            world,
            school,
            other,
        })
    }

    /// The first server's write side.
    pub(super) fn one(&self) -> &Commands {
        &self.world.commands
    }

    /// Who races against it, round after round: another request to it, then another server.
    pub(super) fn rounds(&self) -> impl Iterator<Item = (u64, &Commands)> {
        let rounds = |rival| (0..ROUNDS).map(move |round| (round, rival));
        rounds(self.one()).chain(rounds(&self.other))
    }

    /// One of the school's classes, in turn.
    pub(super) fn class(&self, number: u64) -> ClassId {
        self.school.class(match number % 3 {
            0 => 0,
            1 => 1,
            _ => 2,
        })
    }

    pub(super) fn fresh_person(&self) -> PersonId {
        PersonId::new(self.one().clock().new_uuid())
    }

    pub(super) async fn member(&self) -> anyhow::Result<PersonId> {
        let staff = self.fresh_person();
        let add = AddStaff {
            establishment: self.school.uai.clone(),
            staff,
            role: StaffRole::Teacher,
        };
        self.one().execute(&self.world.by(), &add).await?;
        Ok(staff)
    }

    pub(super) async fn invitation(
        &self,
        role: StaffRole,
        class: Option<ClassId>,
    ) -> anyhow::Result<InvitationId> {
        let invitation = InvitationId::new(self.one().clock().new_uuid());
        let invite = InviteStaff {
            establishment: self.school.uai.clone(),
            invitation,
            role,
            class,
        };
        self.one().execute(&self.world.by(), &invite).await?;
        Ok(invitation)
    }

    /// "Ma classe" of somebody.
    pub(super) fn choice(&self, teacher: PersonId, class: Option<ClassId>) -> SetOwnClass {
        SetOwnClass {
            establishment: self.school.uai.clone(),
            teacher,
            class,
        }
    }

    pub(super) fn follow(
        &self,
        invitation: InvitationId,
        person: PersonId,
    ) -> anyhow::Result<FollowInvitation> {
        Ok(FollowInvitation {
            establishment: self.school.uai.clone(),
            invitation,
            person,
            school_year: self.world.school_year()?,
        })
    }

    pub(super) async fn classes_of(&self, person: PersonId) -> anyhow::Result<Vec<String>> {
        let mut reader = self.world.store().reader().await?;
        let sql = "SELECT class_id FROM class_main_teachers WHERE staff_id = $1";
        let person = person.to_string();
        let classes = store::fetch_all!(&mut reader.conn(), (String,), sql, person)?;
        Ok(classes.into_iter().map(|(class,)| class).collect())
    }

    pub(super) async fn finish(self) -> anyhow::Result<audit::Truth> {
        self.other.store().close().await;
        audit::everything(self.world.store()).await
    }
}

/// The outcome of an action, a rule's refusal included.
pub(super) async fn tried<U: UseCase>(
    commands: &Commands,
    by: By,
    use_case: &U,
) -> anyhow::Result<Result<U::Output, Refusal>> {
    let executed = Box::pin(commands.execute(&by, use_case));
    match executed.await {
        Ok(output) => Ok(Ok(output)),
        Err(CommandError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error.into()),
    }
}
