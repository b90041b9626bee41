//! An empty class is deleted (manual, "Comment supprimer une classe en trois étapes").

use domain::{
    class::{Class, ClassCommand},
    ids::ClassId,
    values::Uai,
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Deletes a class, which must be empty.
pub struct DeleteClass {
    pub establishment: Uai,
    pub class: ClassId,
    /// The versions of which the caller looked at one, if they say.
    pub expected_versions: Option<Vec<u64>>,
}

impl UseCase for DeleteClass {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::classes([self.class])
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        work.own_class(&self.establishment, self.class)
            .ok_or(Refusal::ClassNotFound)?
            .check_version(self.expected_versions.as_deref())?;
        Ok(work.handle::<Class>(&self.class, ClassCommand::Delete)?)
    }
}

#[cfg(test)]
mod tests {
    use domain::class::ClassEvent;

    use super::*;
    use crate::given::{Given, class, in_class, uai};

    fn delete(id: u128, expected_versions: Option<Vec<u64>>) -> DeleteClass {
        DeleteClass {
            establishment: uai(),
            class: class(id),
            expected_versions,
        }
    }

    #[test]
    fn an_empty_class_is_deleted() {
        let deleted = in_class(1, ClassEvent::ClassDeleted {});
        let given = Given::school().class(1);
        given.when(&delete(1, Some(vec![1]))).then([deleted]);
    }

    /// A class is deleted only when empty, or its pupils would be in none without anybody having said so.
    #[test]
    fn a_class_with_pupils_stays() {
        let given = Given::school().class(1).student_in(1, 1).student_in(2, 1);
        let refusal = Refusal::ClassNotEmpty { students: 2 };
        given.when(&delete(1, None)).refused(refusal);
    }

    /// Whoever looked at another name, or at a class that a colleague deleted, is told.
    #[test]
    fn what_changed_meanwhile_is_not_deleted() {
        let given = Given::school().class(1);
        let stale = given.clone().when(&delete(1, Some(vec![2])));
        stale.refused(Refusal::StaleVersion { current: 1 });
        let deleted = given.and([in_class(1, ClassEvent::ClassDeleted {})]);
        let again = deleted.when(&delete(1, None));
        again.refused(Refusal::ClassNotFound);
    }

    /// The classes of another establishment must not show, not even by another refusal.
    #[test]
    fn a_class_of_others_is_none() {
        let given = Given::school().class_elsewhere(1);
        let theirs = given.clone().when(&delete(1, None));
        theirs.refused(Refusal::ClassNotFound);
        given.when(&delete(2, None)).refused(Refusal::ClassNotFound);
    }
}
