//! `monstage admin`: what only the team that runs the service may do.

pub(super) mod create;
pub(super) mod invite_head;
pub(super) mod replace_head;

use commands::Commands;
use domain::{
    ids::PersonId,
    values::{StaffRole, Uai},
};
use projections::staff;
use store::StoreError;

/// The main teachers of an establishment: pupils sign up once there is one.
async fn main_teachers(commands: &Commands, uai: &Uai) -> Result<Vec<PersonId>, StoreError> {
    let mut reader = commands.store().reader().await?;
    let staff = staff::list(&mut reader.conn(), uai, None, i64::MAX).await?;
    let main_teachers = staff
        .into_iter()
        .filter(|member| member.role == StaffRole::MainTeacher);
    Ok(main_teachers.map(|member| member.id).collect())
}
