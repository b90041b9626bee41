//! "Ma classe": a member of the staff says which class is theirs.

use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::{ClassId, PersonId},
    values::Uai,
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Makes somebody the main teacher of this class alone, or of none.
pub struct SetOwnClass {
    pub establishment: Uai,
    /// Who: a member of its staff.
    pub teacher: PersonId,
    /// Their class, one of the establishment, if they have one.
    pub class: Option<ClassId>,
}

impl UseCase for SetOwnClass {
    type Output = ();

    /// The class they want comes with all others, as of one instant: loaded before them, it could still
    /// hold the teacher whom another request has just moved away from it.
    fn wanted(&self) -> Wanted {
        Wanted::establishment_with_classes(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        work.get::<Establishment>(&self.establishment)
            .filter(|establishment| establishment.staff.contains_key(&self.teacher))
            .ok_or(Refusal::StaffNotFound)?;
        // Somebody who leaves the staff at this very moment must not keep a class.
        work.rely_on(&self.establishment);
        let from = leave_classes(work, &self.establishment, self.teacher, self.class)?;
        if let Some(class) = self.class {
            work.own_class(&self.establishment, class)
                .ok_or(Refusal::ClassNotFound)?;
            let assign = ClassCommand::AssignMainTeacher {
                teacher: self.teacher,
                from,
            };
            work.handle::<Class>(&class, assign)?;
        }
        Ok(())
    }
}

/// Takes every class of the establishment from a teacher but the one they `keep`; says which they
/// had.
pub(crate) fn leave_classes(
    work: &mut Work,
    establishment: &Uai,
    teacher: PersonId,
    keep: Option<ClassId>,
) -> Result<Option<ClassId>, Undecided> {
    let mut left = None;
    for class in work.classes_taught(establishment, teacher) {
        if Some(class) != keep {
            let unassign = ClassCommand::UnassignMainTeacher { teacher };
            work.handle::<Class>(&class, unassign)?;
            left = Some(class);
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, values::StaffRole};

    use super::*;
    use crate::given::{Given, class, in_class, person, uai};

    fn choose(in_: Option<u128>) -> SetOwnClass {
        SetOwnClass {
            establishment: uai(),
            teacher: person(2),
            class: in_.map(class),
        }
    }

    fn assigned(from: Option<u128>) -> ClassEvent {
        ClassEvent::MainTeacherAssigned {
            teacher: person(2),
            from: from.map(class),
        }
    }

    fn unassigned() -> ClassEvent {
        ClassEvent::MainTeacherUnassigned { teacher: person(2) }
    }

    fn staffed() -> Given {
        let given = Given::school().staff(2, StaffRole::MainTeacher);
        given.class(1).class(2)
    }

    /// Whoever leaves the staff at this very moment must not keep a class.
    #[test]
    fn somebody_chooses_a_class() {
        let then = staffed().when(&choose(Some(1)));
        then.relying_on_the_school()
            .then([in_class(1, assigned(None))]);
    }

    /// A class alone: the one they had is theirs no longer.
    #[test]
    fn somebody_chooses_another_class_or_none() {
        let given = staffed().teacher(1, 2);
        given
            .clone()
            .when(&choose(Some(2)))
            .then([in_class(1, unassigned()), in_class(2, assigned(Some(1)))]);
        given.when(&choose(None)).then([in_class(1, unassigned())]);
    }

    #[test]
    fn the_same_choice_twice_is_one() {
        staffed().teacher(1, 2).when(&choose(Some(1))).nothing();
        staffed().teacher(1, 1).when(&choose(None)).nothing();
    }

    /// The classes of another establishment must not show, not even by another refusal; and only the
    /// staff have one.
    #[test]
    fn the_class_and_the_teacher_are_of_the_establishment() {
        let deleted = in_class(1, ClassEvent::ClassDeleted {});
        let given = staffed().and([deleted]).class_elsewhere(3);
        for id in [1, 3, 4] {
            let then = given.clone().when(&choose(Some(id)));
            then.refused(Refusal::ClassNotFound);
        }
        let stranger = Given::school().class(1).when(&choose(Some(1)));
        stranger.refused(Refusal::StaffNotFound);
    }
}
