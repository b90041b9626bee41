//! The yearly reset of some establishments: what is left of earlier years ends, and the new year begins
//! (contract, "The reset").

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    establishment::{Establishment, EstablishmentCommand},
    student::{Student, StudentCommand},
    values::{SchoolYear, Uai},
};
use serde::{Deserialize, Serialize};
use store::StoreError;

use crate::{Loader, Present, Refusal, Undecided, UseCase, Work};

/// Opens a school year in establishments: their classes are purged, their pupils released and their
/// pending invitations ended. Those that are in that year already, or in a later one, are left alone.
pub struct OpenSchoolYears {
    /// Which establishments. All change, or none.
    pub establishments: Vec<Uai>,
    pub school_year: SchoolYear,
}

/// What opening a school year did in one establishment: how many classes were purged, pupils released and
/// pending invitations ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub establishment: Uai,
    pub classes: u64,
    pub students: u64,
    pub invitations: u64,
}

#[async_trait]
impl UseCase for OpenSchoolYears {
    /// The establishments where the year was opened; not those that were in it.
    type Output = Vec<Opened>;

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        loader.load_school_years(&self.establishments).await
    }

    fn decide(&self, work: &mut Work) -> Result<Vec<Opened>, Undecided> {
        let present = work.present();
        let mut opened = Vec::with_capacity(self.establishments.len());
        for establishment in &self.establishments {
            opened.extend(self.open(work, establishment, &present)?);
        }
        Ok(opened)
    }
}

impl OpenSchoolYears {
    /// What it did, unless the establishment was in that year.
    fn open(
        &self,
        work: &mut Work,
        uai: &Uai,
        present: &BTreeMap<Uai, Present>,
    ) -> Result<Option<Opened>, Undecided> {
        let school_year = self.school_year;
        let establishment = work
            .get::<Establishment>(uai)
            .ok_or(Refusal::EstablishmentNotFound)?;
        let invitations = establishment.invitations.len() as u64;
        if establishment.school_year >= Some(school_year) {
            return Ok(None);
        }
        work.handle::<Establishment>(uai, EstablishmentCommand::OpenSchoolYear { school_year })?;
        let mut opened = Opened {
            establishment: uai.clone(),
            classes: 0,
            students: 0,
            invitations,
        };
        if let Some(present) = present.get(uai) {
            for class in &present.classes {
                let purge = ClassCommand::Purge { school_year };
                work.handle::<Class>(class, purge)?;
                opened.classes += 1;
            }
            for student in &present.students {
                let release = StudentCommand::Release { school_year };
                work.handle::<Student>(student, release)?;
                opened.students += 1;
            }
        }
        Ok(Some(opened))
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        class::ClassEvent, establishment::EstablishmentEvent, student::StudentEvent,
        values::StaffRole,
    };

    use super::*;
    use crate::given::{Given, class, in_class, of_student, other_uai, school, uai, year};

    fn open(start: i32, establishments: Vec<Uai>) -> OpenSchoolYears {
        OpenSchoolYears {
            establishments,
            school_year: year(start),
        }
    }

    fn opened(start: i32) -> EstablishmentEvent {
        EstablishmentEvent::SchoolYearOpened {
            school_year: year(start),
        }
    }

    fn purged(start: i32) -> ClassEvent {
        ClassEvent::ClassPurged {
            school_year: year(start),
        }
    }

    fn released(start: i32, from: Option<u128>) -> StudentEvent {
        StudentEvent::StudentReleased {
            establishment: uai(),
            from: from.map(class),
            school_year: year(start),
        }
    }

    /// Nothing of the year that ends stays: neither classes nor pupils, with one or without, nor links.
    #[test]
    fn a_year_ends_with_all_that_is_in_it() {
        let given = Given::school().class(1).class(2).class_elsewhere(3);
        let given = given.student_in(1, 1).student(2);
        let given = given.invited(1, StaffRole::Teacher, None);
        given
            .when(&open(2027, vec![uai()]))
            .then([
                school(opened(2027)),
                in_class(1, purged(2027)),
                in_class(2, purged(2027)),
                of_student(1, released(2027, Some(1))),
                of_student(2, released(2027, None)),
            ])
            .told(vec![Opened {
                establishment: uai(),
                classes: 2,
                students: 2,
                invitations: 1,
            }]);
    }

    /// What ended in earlier years is left as it ended; who came since the last reset is what there is.
    #[test]
    fn only_the_present_year_ends() {
        let mut given = Given::school().class(1).student_in(1, 1).student(2);
        let deleted = in_class(2, ClassEvent::ClassDeleted {});
        let gone = StudentEvent::StudentRejected {
            establishment: uai(),
            from: None,
        };
        given = given.class(2).and([deleted]);
        given.act(&open(2027, vec![uai()])).unwrap();
        let back = StudentEvent::StudentRejoined {
            establishment: uai(),
            school_year: year(2027),
        };
        given = given.and([of_student(1, back.clone()), of_student(2, back)]);
        given = given.and([of_student(2, gone)]);
        given
            .when(&open(2028, vec![uai()]))
            .then([school(opened(2028)), of_student(1, released(2028, None))])
            .told(vec![Opened {
                establishment: uai(),
                classes: 0,
                students: 1,
                invitations: 0,
            }]);
    }

    /// A run that is begun again leaves alone what is in that year already, or in a later one.
    #[test]
    fn a_year_is_opened_once() {
        for start in [2026, 2025] {
            let given = Given::school().class(1).student(1);
            let then = given.when(&open(start, vec![uai()]));
            then.nothing().told(Vec::new());
        }
    }

    /// All change, or none.
    #[test]
    fn one_that_has_no_year_refuses_all() {
        let unknown = Given::school().when(&open(2027, vec![uai(), other_uai()]));
        unknown.refused(Refusal::EstablishmentNotFound);
        let waiting = Given::listed().when(&open(2027, vec![uai()]));
        waiting.refused(Refusal::EstablishmentNotRegistered);
    }
}
