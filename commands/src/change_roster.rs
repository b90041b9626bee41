//! "Enregistrer les modifications": pupils change class, get a first one, or leave the establishment
//! (manual, "Un élève change de classe", "Comment spécifier la classe d'un élève").

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    ids::{ClassId, StudentId},
    student::{Student, StudentCommand},
    values::Uai,
};
use serde::{Deserialize, Serialize};
use store::StoreError;

use crate::{Loader, Refusal, RosterProblem, RosterReason, Undecided, UseCase, Wanted, Work};

/// Changes where pupils of an establishment are: all that is asked, or nothing.
pub struct ChangeRoster {
    pub establishment: Uai,
    /// Whether the caller may give a class to pupils who have none.
    pub may_assign: bool,
    /// The changes, each pupil at most once.
    pub changes: Vec<RosterChange>,
}

/// What is asked for one pupil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterChange {
    pub student: StudentId,
    pub to: Destination,
    /// The class that the caller saw the pupil in (`Some(None)`: in none), if they say.
    pub expected: Option<Option<ClassId>>,
}

/// Where a pupil shall go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To this class.
    Class(ClassId),
    /// Out: the pupil is not of this establishment.
    Out,
    /// The choice was left blank, which never changes anything.
    Blank,
}

/// What a roster change did, in pupils.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterOutcome {
    /// Moved, given a first class or taken out.
    pub changed: u64,
    /// Already as asked, or left blank.
    pub unchanged: u64,
}

#[async_trait]
impl UseCase for ChangeRoster {
    type Output = RosterOutcome;

    /// Loads the pupils and every class that they leave or join. Callers who say where they saw the
    /// pupils spare the second round trip.
    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        let targets = self.changes.iter().filter_map(|change| match change.to {
            Destination::Class(class) => Some(class),
            Destination::Out | Destination::Blank => None,
        });
        let expected = self.asked().filter_map(|(_, change)| change.expected?);
        let students: Vec<StudentId> = self.asked().map(|(_, change)| change.student).collect();
        loader
            .load(Wanted {
                classes: targets.chain(expected).collect(),
                students: students.clone(),
                ..Wanted::default()
            })
            .await?;
        let left: Vec<ClassId> = students
            .iter()
            .filter_map(|student| loader.get::<Student>(student)?.class)
            .collect();
        loader.load(Wanted::classes(left)).await
    }

    fn decide(&self, work: &mut Work) -> Result<RosterOutcome, Undecided> {
        let blank = self.changes.len() - self.asked().count();
        let mut outcome = RosterOutcome {
            changed: 0,
            unchanged: blank as u64,
        };
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        for (index, change) in self.asked() {
            let decided = if seen.insert(change.student) {
                self.decide_one(work, change)?
            } else {
                Err(RosterReason::Repeated)
            };
            match decided {
                Ok(true) => outcome.changed += 1,
                Ok(false) => outcome.unchanged += 1,
                Err(reason) => problems.push(RosterProblem {
                    index,
                    student: change.student,
                    reason,
                }),
            }
        }
        if problems.is_empty() {
            Ok(outcome)
        } else {
            Err(Refusal::Roster(problems).into())
        }
    }
}

impl ChangeRoster {
    /// The changes that ask for something, with their places. The others neither change nor refuse anything,
    /// whatever became of the pupil.
    fn asked(&self) -> impl Iterator<Item = (usize, &RosterChange)> {
        let changes = self.changes.iter().enumerate();
        changes.filter(|(_, change)| change.to != Destination::Blank)
    }

    /// Whether the change changed anything, or why it cannot be done.
    fn decide_one(
        &self,
        work: &mut Work,
        change: &RosterChange,
    ) -> Result<Result<bool, RosterReason>, Undecided> {
        let Some(student) = work
            .get::<Student>(&change.student)
            .filter(|student| student.belongs_to(&self.establishment))
        else {
            return Ok(Err(RosterReason::StudentNotFound));
        };
        let from = student.class;
        let (command, to) = match change.to {
            Destination::Blank => return Ok(Ok(false)),
            Destination::Out => (StudentCommand::Reject, None),
            Destination::Class(class) => {
                if work.own_class(&self.establishment, class).is_none() {
                    return Ok(Err(RosterReason::ClassNotFound));
                }
                if from.is_none() && !self.may_assign {
                    return Ok(Err(RosterReason::MayNotAssign));
                }
                (StudentCommand::Place { class }, Some(class))
            }
        };
        if from.is_some() && from == to {
            return Ok(Ok(false));
        }
        if change.expected.is_some_and(|seen| seen != from) {
            return Ok(Err(RosterReason::MovedMeanwhile { current: from }));
        }
        work.handle::<Student>(&change.student, command)?;
        if let Some(class) = from {
            withdraw(work, class, change.student, to)?;
        }
        if let Some(class) = to {
            let student = change.student;
            work.handle::<Class>(&class, ClassCommand::Admit { student, from })?;
        }
        Ok(Ok(true))
    }
}

/// Takes a pupil out of the class that their stream names. A refusal means that somebody moved them between
/// the two loads: the class no longer has them, or is gone. Their stream has moved on too, so decide again.
pub(crate) fn withdraw(
    work: &mut Work,
    class: ClassId,
    student: StudentId,
    to: Option<ClassId>,
) -> Result<(), Undecided> {
    let withdrawn = work.handle::<Class>(&class, ClassCommand::Withdraw { student, to });
    withdrawn.map_err(|_| Undecided::DecideAgain)
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, student::StudentEvent};

    use super::*;
    use crate::given::{Given, class, in_class, of_student, student, uai};

    fn roster(changes: impl IntoIterator<Item = RosterChange>) -> ChangeRoster {
        ChangeRoster {
            establishment: uai(),
            may_assign: true,
            changes: changes.into_iter().collect(),
        }
    }

    fn change(student: StudentId, to: Destination) -> RosterChange {
        RosterChange {
            student,
            to,
            expected: None,
        }
    }

    fn to(in_: u128) -> Destination {
        Destination::Class(class(in_))
    }

    fn done(changed: u64, unchanged: u64) -> RosterOutcome {
        RosterOutcome { changed, unchanged }
    }

    fn refused(problems: impl IntoIterator<Item = (usize, StudentId, RosterReason)>) -> Refusal {
        let problems = problems.into_iter();
        let problem = |(index, student, reason)| RosterProblem {
            index,
            student,
            reason,
        };
        Refusal::Roster(problems.map(problem).collect())
    }

    fn two_classes() -> Given {
        Given::school().class(1).class(2)
    }

    /// The pupil, the class they leave and the class they join all say so, or a class would not know by
    /// itself whether it is empty.
    #[test]
    fn a_move_is_told_by_all_three() {
        let moved = StudentEvent::StudentMoved {
            from: class(1),
            to: class(2),
        };
        let withdrawn = ClassEvent::StudentWithdrawn {
            student: student(1),
            to: Some(class(2)),
        };
        let admitted = ClassEvent::StudentAdmitted {
            student: student(1),
            from: Some(class(1)),
        };
        let given = two_classes().student_in(1, 1);
        given
            .when(&roster([change(student(1), to(2))]))
            .then([
                of_student(1, moved),
                in_class(1, withdrawn),
                in_class(2, admitted),
            ])
            .told(done(1, 0));
    }

    /// A first class is given, and a pupil who is not of the establishment leaves it with their class.
    #[test]
    fn a_pupil_gets_a_first_class_or_leaves() {
        let assigned = StudentEvent::StudentAssigned { class: class(1) };
        let admitted = ClassEvent::StudentAdmitted {
            student: student(1),
            from: None,
        };
        let rejected = |from| StudentEvent::StudentRejected {
            establishment: uai(),
            from,
        };
        let withdrawn = ClassEvent::StudentWithdrawn {
            student: student(2),
            to: None,
        };
        let given = two_classes().student(1).student_in(2, 1).student(3);
        let changes = [
            change(student(1), to(1)),
            change(student(2), Destination::Out),
            change(student(3), Destination::Out),
        ];
        given
            .when(&roster(changes))
            .then([
                of_student(1, assigned),
                in_class(1, admitted),
                of_student(2, rejected(Some(class(1)))),
                in_class(1, withdrawn),
                of_student(3, rejected(None)),
            ])
            .told(done(3, 0));
    }

    /// A page saved as it was changes nothing, and a choice left blank removes nobody.
    #[test]
    fn what_is_so_already_stays() {
        let given = two_classes().student_in(1, 1).student_in(2, 2);
        let changes = [
            change(student(1), to(1)),
            change(student(2), Destination::Blank),
        ];
        given.when(&roster(changes)).nothing().told(done(0, 2));
    }

    /// Thirty rows are saved, one of them left blank: that its pupil left meanwhile, or never was there, or
    /// stands in the list twice, is none of the others' business.
    #[test]
    fn a_blank_row_refuses_nothing() {
        let given = two_classes().student_in(1, 1);
        let changes = [
            change(student(9), Destination::Blank),
            RosterChange {
                expected: Some(Some(class(2))),
                ..change(student(1), Destination::Blank)
            },
            change(student(1), to(2)),
            change(student(1), Destination::Blank),
        ];
        given.when(&roster(changes)).told(done(1, 3));
    }

    /// Thirty lines are corrected in one go: each at fault is named with its place, and nothing is done.
    #[test]
    fn every_line_at_fault_is_named_and_none_is_done() {
        let deleted = in_class(2, ClassEvent::ClassDeleted {});
        let gone = Given::school().student(5).and([of_student(
            5,
            StudentEvent::StudentRejected {
                establishment: uai(),
                from: None,
            },
        )]);
        let given = gone
            .class(1)
            .class(2)
            .class_elsewhere(3)
            .student_in(1, 1)
            .student(2)
            .and([deleted]);
        let changes = [
            change(student(1), Destination::Out),
            change(student(2), to(2)),
            change(student(1), to(1)),
            change(student(4), to(1)),
            change(student(5), to(1)),
            change(student(3), to(3)),
            RosterChange {
                expected: Some(Some(class(1))),
                ..change(student(6), to(3))
            },
        ];
        let given = given.student(3).student(6);
        given.when(&roster(changes)).refused(refused([
            (1, student(2), RosterReason::ClassNotFound),
            (2, student(1), RosterReason::Repeated),
            (3, student(4), RosterReason::StudentNotFound),
            (4, student(5), RosterReason::StudentNotFound),
            (5, student(3), RosterReason::ClassNotFound),
            (6, student(6), RosterReason::ClassNotFound),
        ]));
    }

    fn seen(id: u128, in_: Option<u128>, to_: u128) -> RosterChange {
        RosterChange {
            expected: Some(in_.map(class)),
            ..change(student(id), to(to_))
        }
    }

    /// Two colleagues work on the same list: the later one learns where the pupil is by now, rather than
    /// undo what the first did unknowingly. One who was seen without a class may have got one.
    #[test]
    fn a_pupil_who_was_moved_meanwhile_is_not_moved_again_nor_taken_out() {
        let given = two_classes().class(3).student_in(1, 1).student(2);
        for (id, in_, current) in [
            (1, Some(3), Some(1)),
            (1, None, Some(1)),
            (2, Some(3), None),
        ] {
            let current = current.map(class);
            let moved = RosterReason::MovedMeanwhile { current };
            let stale = given.clone().when(&roster([seen(id, in_, 2)]));
            stale.refused(refused([(0, student(id), moved)]));
            let out = RosterChange {
                to: Destination::Out,
                ..seen(id, in_, 2)
            };
            let taken_out = given.clone().when(&roster([out]));
            taken_out.refused(refused([(0, student(id), moved)]));
        }
        for (id, in_) in [(1, Some(1)), (2, None)] {
            let fresh = given.clone().when(&roster([seen(id, in_, 2)]));
            fresh.told(done(1, 0));
        }
    }

    /// When both wanted the same class, all is as they wished: an error would send them looking for a
    /// problem that is not there.
    #[test]
    fn a_pupil_already_where_they_should_be_stays() {
        let given = two_classes().student_in(1, 1);
        for in_ in [None, Some(1), Some(2)] {
            let then = given.clone().when(&roster([seen(1, in_, 1)]));
            then.nothing().told(done(0, 1));
        }
    }

    /// Counsellors and teachers move pupils; only the head and main teachers give a first class.
    #[test]
    fn who_may_not_assign_only_moves() {
        let given = two_classes().student_in(1, 1).student(2);
        let only_moves = |changes: [RosterChange; 1]| ChangeRoster {
            may_assign: false,
            ..roster(changes)
        };
        let assign = only_moves([change(student(2), to(1))]);
        let refusal = refused([(0, student(2), RosterReason::MayNotAssign)]);
        given.clone().when(&assign).refused(refusal);
        let moves = only_moves([change(student(1), to(2))]);
        given.when(&moves).told(done(1, 0));
    }

    /// Streams loaded one after the other may disagree: what is said of it would be wrong.
    #[test]
    fn streams_that_disagree_are_read_again() {
        let assigned = StudentEvent::StudentAssigned { class: class(1) };
        let given = two_classes().student(1).and([of_student(1, assigned)]);
        given.when(&roster([change(student(1), to(2))])).again();
    }
}
