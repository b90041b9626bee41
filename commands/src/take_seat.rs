//! Somebody takes the seat that they signed up for, where an invitation may await them as well.

use async_trait::async_trait;
use domain::values::StaffRole;

use crate::{
    CommandError, UnitOfWork, UseCase, Wanted, follow_invitation::FollowInvitation,
    replace_head::head, revoke_invitation::revoke_pending,
};

/// Lets somebody in by what they signed up for. An invitation that waits at their address there ends
/// with it: followed when it is to the role that they signed up for, taken back otherwise. Where there
/// is one, execute it together with `projections::classes::OnlyStaffTeach`, as
/// [`FollowInvitation`].
pub struct TakeSeat<'a, U> {
    /// What they signed up for.
    pub sign_up: U,
    /// As what on the staff; a pupil has no role there.
    pub role: Option<StaffRole>,
    /// The invitation, as they would follow it. Whether it is still pending shows only now.
    pub invitation: Option<&'a FollowInvitation>,
}

#[async_trait]
impl<U: UseCase<Output = ()>> UseCase for TakeSeat<'_, U> {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        let Some(invitation) = self.invitation else {
            return self.sign_up.decide(work).await;
        };
        work.load(Wanted::establishment(&invitation.establishment))
            .await?;
        if self.is_to(work, invitation) {
            return invitation.decide(work).await.map(|_| ());
        }
        self.sign_up.decide(work).await?;
        let pending = (invitation.establishment.clone(), invitation.invitation);
        revoke_pending(work, &[pending]).await
    }
}

impl<U> TakeSeat<'_, U> {
    /// Whether the invitation is to the seat that they signed up for. Only whoever follows it
    /// knowingly takes a head's place.
    fn is_to(&self, work: &UnitOfWork, invitation: &FollowInvitation) -> bool {
        let pending = invitation.pending(work).ok();
        let takes_over =
            self.role == Some(StaffRole::Head) && head(work, &invitation.establishment).is_some();
        pending.is_some_and(|pending| self.role == Some(pending.role)) && !takes_over
    }
}
