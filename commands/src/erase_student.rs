//! A pupil's personal data are erased, and the pupil leaves wherever they are.

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    ids::StudentId,
    student::{Student, StudentCommand},
};
use store::StoreError;

use crate::{
    CommandError, Refusal, UnitOfWork, UseCase, Wanted,
    register_student::refusal,
    revoke_invitation::{PendingAt, revoke_pending},
};

/// Records that a pupil is erased. The personal data themselves go by the writes that it is executed
/// with; on a pupil who was erased before, those alone happen.
pub struct EraseStudent {
    /// Who.
    pub student: StudentId,
    /// The invitations that wait at their address.
    pub invitations: Vec<PendingAt>,
}

#[async_trait]
impl UseCase for EraseStudent {
    /// Whether they are erased only now.
    type Output = bool;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<bool, CommandError> {
        work.load(Wanted {
            students: vec![self.student],
            ..Wanted::default()
        })
        .await?;
        let student = work.get::<Student>(&self.student);
        let Student { class, erased, .. } = *student.ok_or(Refusal::StudentNotFound)?;
        work.handle::<Student>(&self.student, StudentCommand::Erase)
            .await
            .map_err(refusal)?;
        if let Some(class) = class {
            work.load(Wanted::classes([class])).await?;
            let withdraw = ClassCommand::Withdraw {
                student: self.student,
                to: None,
            };
            // A refusal means that somebody moved the pupil between the two loads: decide again.
            let withdrawn = work.handle::<Class>(&class, withdraw).await;
            withdrawn.map_err(|_| CommandError::Store(StoreError::Conflict))?;
        }
        revoke_pending(work, &self.invitations).await?;
        Ok(!erased)
    }
}
