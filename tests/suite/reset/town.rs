//! Schools in which everything is that a new year ends.

use acceptance::{
    engine::Engine,
    world::{School, Size, World},
};
use anyhow::{bail, ensure};
use commands::{
    change_roster::Destination, delete_class::DeleteClass, erase_student::EraseStudent,
    invite_staff::InviteStaff, revoke_invitation::RevokeInvitation, set_own_class::SetOwnClass,
};
use domain::{
    ids::{ClassId, InvitationId, StudentId},
    values::{Priority, Role, StaffRole, Uai},
};

use super::{put, rejoin};

/// Everything that a school can have in it.
pub(super) struct Town {
    pub(super) world: World,
    /// Three classes, two pupils without one, and a past.
    pub(super) large: School,
    /// One class.
    pub(super) small: School,
    /// No class, one pupil.
    empty: School,
    /// Nobody registered it.
    pub(super) listed: Uai,
}

impl Town {
    pub(super) async fn new(engine: Engine) -> anyhow::Result<Self> {
        let world = World::new(engine).await?;
        let size = |classes, students_per_class, without_class| Size {
            classes,
            students_per_class,
            without_class,
        };
        let town = Self {
            large: world.school(size(3, 4, 2)).await?,
            small: world.school(size(1, 3, 0)).await?,
            empty: world.school(size(0, 0, 0)).await?,
            listed: world.listed_school(Some(Priority::Rep)).await?,
            world,
        };
        town.have_a_past().await?;
        Ok(town)
    }

    /// A year as it goes: pupils move, come, leave and are erased, a class is given up, teachers choose
    /// theirs, colleagues are invited.
    async fn have_a_past(&self) -> anyhow::Result<()> {
        let (world, large) = (&self.world, &self.large);
        let [(first, one), (second, other), (third, last)] = &large.classes[..] else {
            bail!("three classes");
        };
        put(world, &large.uai, one[0], Destination::Class(*second)).await?;
        put(world, &large.uai, other[0], Destination::Class(*first)).await?;
        for student in last {
            put(world, &large.uai, *student, Destination::Class(*first)).await?;
        }
        let delete = DeleteClass {
            establishment: large.uai.clone(),
            class: *third,
            expected_versions: None,
        };
        world.commands.execute(&world.by(), &delete).await?;
        let teacher = &large.staff[1];
        ensure!(teacher.role == Role::MainTeacher);
        let own = SetOwnClass {
            establishment: large.uai.clone(),
            teacher: teacher.id,
            class: Some(*first),
        };
        world.commands.execute(&world.by(), &own).await?;

        put(world, &large.uai, one[1], Destination::Out).await?;
        erase(world, one[2]).await?;
        // Rejected here, and where they said next as well.
        put(world, &large.uai, one[3], Destination::Out).await?;
        rejoin(world, &self.empty.uai, one[3], None).await?;
        put(world, &self.empty.uai, one[3], Destination::Out).await?;
        // Rejected here, and at home there.
        put(world, &large.uai, other[1], Destination::Out).await?;
        let home = self.small.class(0);
        rejoin(world, &self.small.uai, other[1], Some(home)).await?;

        invite(world, &large.uai, Some(*second)).await?;
        invite(world, &large.uai, None).await?;
        let invitation = invite(world, &self.small.uai, None).await?;
        let revoke = RevokeInvitation {
            establishment: self.small.uai.clone(),
            invitation,
            may_revoke_handover: true,
        };
        world.commands.execute(&world.by(), &revoke).await?;
        Ok(())
    }

    pub(super) fn registered(&self) -> [&School; 3] {
        [&self.large, &self.small, &self.empty]
    }
}

pub(super) async fn erase(world: &World, student: StudentId) -> anyhow::Result<()> {
    let erase = EraseStudent {
        student,
        invitations: Vec::new(),
    };
    let first = world.commands.execute(&world.by(), &erase).await?;
    ensure!(first, "erased before");
    Ok(())
}

pub(super) async fn invite(
    world: &World,
    uai: &Uai,
    class: Option<ClassId>,
) -> anyhow::Result<InvitationId> {
    let invitation = InvitationId::new(world.commands.clock().new_uuid());
    let invite = InviteStaff {
        establishment: uai.clone(),
        invitation,
        role: StaffRole::MainTeacher,
        class,
    };
    world.commands.execute(&world.by(), &invite).await?;
    Ok(invitation)
}
