//! An administrator hands headship over to a member of the staff.

use async_trait::async_trait;
use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::Uai,
};

use crate::{CommandError, UnitOfWork, UseCase, Wanted, set_own_class::leave_classes};

/// Makes a member of the staff its head; the head it had leaves the staff, and their class with it.
/// Execute it together with `projections::classes::OnlyStaffTeach`, as
/// [`RemoveStaff`](crate::remove_staff::RemoveStaff).
pub struct ReplaceHead {
    /// Which establishment.
    pub establishment: Uai,
    /// The new head.
    pub head: PersonId,
}

#[async_trait]
impl UseCase for ReplaceHead {
    /// The head it had, who left; none when nothing changed.
    type Output = Option<PersonId>;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<Option<PersonId>, CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        let before = head(work, &self.establishment);
        let command = EstablishmentCommand::ReplaceHead { head: self.head };
        work.handle::<Establishment>(&self.establishment, command)
            .await?;
        former_head_leaves(work, &self.establishment, before).await
    }
}

/// The head of an establishment that was loaded.
pub(crate) fn head(work: &UnitOfWork, establishment: &Uai) -> Option<PersonId> {
    work.get::<Establishment>(establishment)?.head
}

/// The head it had before the decision leaves their class when another took over.
pub(crate) async fn former_head_leaves(
    work: &mut UnitOfWork,
    establishment: &Uai,
    before: Option<PersonId>,
) -> Result<Option<PersonId>, CommandError> {
    let Some(former) = before.filter(|_| before != head(work, establishment)) else {
        return Ok(None);
    };
    leave_classes(work, establishment, former, None).await?;
    Ok(Some(former))
}
