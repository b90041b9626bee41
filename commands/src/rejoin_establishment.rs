//! A pupil joins an establishment again, after a rejection or for a new year.

use domain::{
    ids::{ClassId, StudentId},
    student::StudentCommand,
    values::Uai,
};

use crate::{Undecided, UseCase, Wanted, Work, register_student::arrive};

/// Takes a pupil in who has an account and is in no establishment, in its present year, in a class if
/// they know theirs.
pub struct RejoinEstablishment {
    pub establishment: Uai,
    pub student: StudentId,
    /// Their class, if they said.
    pub class: Option<ClassId>,
}

impl UseCase for RejoinEstablishment {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::arrival(&self.establishment, self.student, self.class)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let rejoin = |establishment, school_year| StudentCommand::Rejoin {
            establishment,
            school_year,
        };
        arrive(work, &self.establishment, self.student, self.class, rejoin)
    }
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, student::StudentEvent};

    use super::*;
    use crate::{
        Refusal,
        given::{Given, class, in_class, of_student, other_uai, student, uai, year},
    };

    fn rejoin(in_: Option<u128>) -> RejoinEstablishment {
        RejoinEstablishment {
            establishment: uai(),
            student: student(1),
            class: in_.map(class),
        }
    }

    fn rejected() -> Given {
        let rejected = StudentEvent::StudentRejected {
            establishment: uai(),
            from: None,
        };
        let given = Given::school().class(1).student(1);
        given.and([of_student(1, rejected)])
    }

    /// Somebody who was rejected by mistake comes back, in the class they know.
    #[test]
    fn a_pupil_comes_back() {
        let rejoined = StudentEvent::StudentRejoined {
            establishment: uai(),
            school_year: year(2026),
        };
        let assigned = StudentEvent::StudentAssigned { class: class(1) };
        let admitted = ClassEvent::StudentAdmitted {
            student: student(1),
            from: None,
        };
        let then = rejected().when(&rejoin(Some(1)));
        then.relying_on_the_school().then([
            of_student(1, rejoined),
            of_student(1, assigned),
            in_class(1, admitted),
        ]);
    }

    /// A pupil who is there stays there, and one who is elsewhere must leave there first.
    #[test]
    fn a_pupil_is_in_one_place() {
        Given::school().student(1).when(&rejoin(None)).nothing();
        let elsewhere = StudentEvent::StudentRegistered {
            establishment: other_uai(),
            school_year: year(2026),
        };
        let elsewhere = Given::school().and([of_student(1, elsewhere)]);
        let elsewhere = elsewhere.when(&rejoin(None));
        elsewhere.refused(Refusal::StudentAlreadyRegistered);
    }

    /// Nobody comes back who never was there, nor to a class that is not the establishment's.
    #[test]
    fn only_pupils_come_back() {
        let stranger = Given::school().when(&rejoin(None));
        stranger.refused(Refusal::StudentNotFound);
        let other = rejected().when(&rejoin(Some(2)));
        other.refused(Refusal::ClassNotFound);
    }
}
