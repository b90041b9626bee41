//! A pupil's personal data are erased, and the pupil leaves wherever they are.

use async_trait::async_trait;
use domain::{
    ids::StudentId,
    student::{Student, StudentCommand},
};
use store::StoreError;

use crate::{
    Loader, Refusal, Undecided, UseCase, Wanted, Work,
    change_roster::withdraw,
    revoke_invitation::{PendingAt, revoke_pending},
};

/// Records that a pupil is erased. The personal data themselves go by the writes that it is executed
/// with; on a pupil who was erased before, those alone happen.
pub struct EraseStudent {
    pub student: StudentId,
    /// The invitations that wait at their address.
    pub invitations: Vec<PendingAt>,
}

#[async_trait]
impl UseCase for EraseStudent {
    /// Whether they are erased only now.
    type Output = bool;

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        let inviting = self.invitations.iter().map(|(uai, _)| uai.clone());
        loader
            .load(Wanted {
                establishments: inviting.collect(),
                students: vec![self.student],
                ..Wanted::default()
            })
            .await?;
        let student = loader.get::<Student>(&self.student);
        let class = student.and_then(|student| student.class);
        loader.load(Wanted::classes(class)).await
    }

    fn decide(&self, work: &mut Work) -> Result<bool, Undecided> {
        let student = work.get::<Student>(&self.student);
        let Student { class, erased, .. } = *student.ok_or(Refusal::StudentNotFound)?;
        work.handle::<Student>(&self.student, StudentCommand::Erase)?;
        if let Some(class) = class {
            withdraw(work, class, self.student, None)?;
        }
        revoke_pending(work, &self.invitations)?;
        Ok(!erased)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        class::ClassEvent, establishment::EstablishmentEvent, student::StudentEvent,
        values::StaffRole,
    };

    use super::*;
    use crate::given::{
        Given, Said, class, in_class, invitation, of_student, school, student, uai,
    };

    fn erase(invitations: Vec<PendingAt>) -> EraseStudent {
        EraseStudent {
            student: student(1),
            invitations,
        }
    }

    fn erased() -> Said {
        of_student(1, StudentEvent::StudentErased {})
    }

    /// They leave their class, which must not stay full of somebody who is nobody; and the invitations
    /// that wait at their address end.
    #[test]
    fn a_pupil_is_erased_and_leaves_their_class() {
        let withdrawn = ClassEvent::StudentWithdrawn {
            student: student(1),
            to: None,
        };
        let revoked = EstablishmentEvent::InvitationRevoked {
            invitation: invitation(1),
        };
        let given = Given::school().class(1).student_in(1, 1);
        let given = given.invited(1, StaffRole::Teacher, None);
        given
            .when(&erase(vec![(uai(), invitation(1))]))
            .then([erased(), in_class(1, withdrawn), school(revoked)])
            .told(true);
    }

    /// So is one who is in no class; and one who was erased before is not erased anew.
    #[test]
    fn a_pupil_is_erased_once() {
        let given = Given::school().student(1);
        let then = given.clone().when(&erase(Vec::new()));
        then.then([erased()]).told(true);
        let again = given.and([erased()]).when(&erase(Vec::new()));
        again.nothing().told(false);
    }

    #[test]
    fn nobody_is_erased_who_never_was() {
        let then = Given::school().when(&erase(Vec::new()));
        then.refused(Refusal::StudentNotFound);
    }

    /// Streams loaded one after the other may disagree: the class must not keep whom the pupil's own
    /// stream lets go.
    #[test]
    fn streams_that_disagree_are_read_again() {
        let assigned = StudentEvent::StudentAssigned { class: class(1) };
        let given = Given::school().class(1).student(1);
        let given = given.and([of_student(1, assigned)]);
        given.when(&erase(Vec::new())).again();
    }
}
