//! A pupil signs up (manual, "L'inscription, c'est chacun son tour !").

use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::{ClassId, StudentId},
    student::{Student, StudentCommand},
    values::{SchoolYear, Uai},
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Registers a pupil in an establishment's present year, in a class if they know theirs.
pub struct RegisterStudent {
    pub establishment: Uai,
    pub student: StudentId,
    /// Their class, if they said.
    pub class: Option<ClassId>,
}

impl UseCase for RegisterStudent {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::arrival(&self.establishment, self.student, self.class)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let register = |establishment, school_year| StudentCommand::Register {
            establishment,
            school_year,
        };
        arrive(
            work,
            &self.establishment,
            self.student,
            self.class,
            register,
        )
    }
}

/// Has a pupil come for the establishment's present year, for the first time or again, by the command made
/// of both; in a class if they said theirs.
pub(crate) fn arrive(
    work: &mut Work,
    establishment: &Uai,
    student: StudentId,
    class: Option<ClassId>,
    come: fn(Uai, SchoolYear) -> StudentCommand,
) -> Result<(), Undecided> {
    let school_year = work
        .get::<Establishment>(establishment)
        .ok_or(Refusal::EstablishmentNotFound)?
        .year_for_newcomers()?;
    // A new year opened at this very moment must not leave a pupil behind in the old one.
    work.rely_on(establishment);
    work.handle::<Student>(&student, come(establishment.clone(), school_year))?;
    let Some(class) = class else {
        return Ok(());
    };
    work.own_class(establishment, class)
        .ok_or(Refusal::ClassNotFound)?;
    // Who is in a class already, their request having come twice, is moved by staff alone.
    if work
        .get::<Student>(&student)
        .is_some_and(|student| student.class.is_some())
    {
        return Ok(());
    }
    work.handle::<Student>(&student, StudentCommand::Place { class })?;
    let from = None;
    Ok(work.handle::<Class>(&class, ClassCommand::Admit { student, from })?)
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, student::StudentEvent};

    use super::*;
    use crate::given::{
        Given, Said, class, in_class, listed, of_student, other_uai, school, student, uai, year,
    };

    fn register(in_: Option<u128>) -> RegisterStudent {
        RegisterStudent {
            establishment: uai(),
            student: student(1),
            class: in_.map(class),
        }
    }

    fn registered(establishment: Uai) -> Said {
        of_student(
            1,
            StudentEvent::StudentRegistered {
                establishment,
                school_year: year(2026),
            },
        )
    }

    /// A pupil comes for the present year, which must not change meanwhile; with their class or without.
    #[test]
    fn a_pupil_signs_up_in_a_class_or_in_none() {
        let given = Given::school().class(1);
        let without = given.clone().when(&register(None));
        without.relying_on_the_school().then([registered(uai())]);
        let assigned = StudentEvent::StudentAssigned { class: class(1) };
        let admitted = ClassEvent::StudentAdmitted {
            student: student(1),
            from: None,
        };
        given.when(&register(Some(1))).then([
            registered(uai()),
            of_student(1, assigned),
            in_class(1, admitted),
        ]);
    }

    /// A request that comes twice changes nothing, nor does one that names another class: staff move
    /// pupils.
    #[test]
    fn a_pupil_signs_up_once() {
        let given = Given::school().class(1).class(2).student_in(1, 1);
        for in_ in [None, Some(1), Some(2)] {
            given.clone().when(&register(in_)).nothing();
        }
    }

    /// One who is elsewhere must leave there first, and one of an earlier year is released by the reset.
    #[test]
    fn a_pupil_is_in_one_place() {
        let given = Given::school().and([registered(other_uai())]);
        let elsewhere = given.when(&register(None));
        elsewhere.refused(Refusal::StudentAlreadyRegistered);
        let erased = of_student(1, StudentEvent::StudentErased {});
        let erased = Given::school().student(1).and([erased]);
        let erased = erased.when(&register(None));
        erased.refused(Refusal::StudentAlreadyRegistered);
    }

    /// The classes of another establishment must not show, not even by another refusal.
    #[test]
    fn the_class_is_one_of_the_establishment() {
        let given = Given::school().class_elsewhere(1);
        for in_ in [1, 2] {
            let then = given.clone().when(&register(Some(in_)));
            then.refused(Refusal::ClassNotFound);
        }
    }

    /// Each waits their turn (manual, "L'inscription, c'est chacun son tour !").
    #[test]
    fn nobody_comes_before_their_turn() {
        let unlisted = Given::default().when(&register(None));
        unlisted.refused(Refusal::EstablishmentNotFound);
        let waiting = Given::listed().when(&register(None));
        waiting.refused(Refusal::EstablishmentNotRegistered);
        let unmarked = Given::default().and([school(listed(None))]);
        let unmarked = unmarked.when(&register(None));
        unmarked.refused(Refusal::EstablishmentNotEligible);
    }
}
