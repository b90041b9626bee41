//! "Ma classe": a member of the staff says which class is theirs.

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::{ClassId, PersonId},
    values::Uai,
};

use crate::{CommandError, Refusal, UnitOfWork, UseCase, Wanted, edit_class::own_class};

/// Makes somebody the main teacher of this class alone, or of none.
pub struct SetOwnClass {
    /// Which establishment.
    pub establishment: Uai,
    /// Who: a member of its staff.
    pub teacher: PersonId,
    /// Their class, one of the establishment, if they have one.
    pub class: Option<ClassId>,
}

#[async_trait]
impl UseCase for SetOwnClass {
    type Output = ();

    async fn decide(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        work.load(Wanted::establishment(&self.establishment))
            .await?;
        work.get::<Establishment>(&self.establishment)
            .filter(|establishment| establishment.staff.contains_key(&self.teacher))
            .ok_or(Refusal::StaffNotFound)?;
        // Somebody who leaves the staff at this very moment must not keep a class.
        work.rely_on::<Establishment>(&self.establishment);
        // The class they want comes with all others, as of one instant: loaded before them, it could
        // still hold the teacher whom another request has just moved away from it.
        let from = leave_classes(work, &self.establishment, self.teacher, self.class).await?;
        if let Some(class) = self.class {
            own_class(work, &self.establishment, class).ok_or(Refusal::ClassNotFound)?;
            let assign = ClassCommand::AssignMainTeacher {
                teacher: self.teacher,
                from,
            };
            work.handle::<Class>(&class, assign).await?;
        }
        Ok(())
    }
}

/// Takes every class of the establishment from a teacher but the one they `keep`; says which they
/// had.
pub(crate) async fn leave_classes(
    work: &mut UnitOfWork,
    establishment: &Uai,
    teacher: PersonId,
    keep: Option<ClassId>,
) -> Result<Option<ClassId>, CommandError> {
    let mut left = None;
    for class in work.load_classes_of(establishment).await? {
        let theirs = own_class(work, establishment, class)
            .is_some_and(|class| class.main_teachers.contains(&teacher));
        if theirs && Some(class) != keep {
            let unassign = ClassCommand::UnassignMainTeacher { teacher };
            work.handle::<Class>(&class, unassign).await?;
            left = Some(class);
        }
    }
    Ok(left)
}
