//! "Enregistrer les modifications": pupils change class, get a first one, or leave the establishment
//! (manual, "Un élève change de classe", "Comment spécifier la classe d'un élève").

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    class::{Class, ClassCommand},
    ids::{ClassId, StudentId},
    student::{Student, StudentCommand, StudentError},
    values::Uai,
};
use store::StoreError;

use crate::{
    CommandError, Refusal, RosterProblem, RosterReason, UnitOfWork, UseCase, Wanted,
    edit_class::own_class,
};

/// Changes where pupils of an establishment are: all that is asked, or nothing.
pub struct ChangeRoster {
    /// Which establishment.
    pub establishment: Uai,
    /// Whether the caller may give a class to pupils who have none.
    pub may_assign: bool,
    /// The changes, each pupil at most once.
    pub changes: Vec<RosterChange>,
}

/// What is asked for one pupil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterChange {
    /// Who.
    pub student: StudentId,
    /// Where to.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RosterOutcome {
    /// Moved, given a first class or taken out.
    pub changed: u64,
    /// Already as asked.
    pub unchanged: u64,
}

#[async_trait]
impl UseCase for ChangeRoster {
    type Output = RosterOutcome;

    async fn decide(&self, work: &mut UnitOfWork) -> Result<RosterOutcome, CommandError> {
        self.load(work).await?;
        let mut outcome = RosterOutcome::default();
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        for (index, change) in self.changes.iter().enumerate() {
            let decided = if seen.insert(change.student) {
                self.decide_one(work, change).await?
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
    /// Loads the pupils and every class that they leave or join. Callers who say where they saw the
    /// pupils spare the second round trip.
    async fn load(&self, work: &mut UnitOfWork) -> Result<(), CommandError> {
        let targets = self.changes.iter().filter_map(|change| match change.to {
            Destination::Class(class) => Some(class),
            Destination::Out | Destination::Blank => None,
        });
        let expected = self.changes.iter().filter_map(|change| change.expected?);
        let students: Vec<StudentId> = self.changes.iter().map(|change| change.student).collect();
        work.load(Wanted {
            classes: targets.chain(expected).collect(),
            students: students.clone(),
            ..Wanted::default()
        })
        .await?;
        let left: Vec<ClassId> = students
            .iter()
            .filter_map(|student| work.get::<Student>(student)?.class)
            .collect();
        Ok(work.load(Wanted::classes(left)).await?)
    }

    /// Whether the change changed anything, or why it cannot be done.
    async fn decide_one(
        &self,
        work: &mut UnitOfWork,
        change: &RosterChange,
    ) -> Result<Result<bool, RosterReason>, CommandError> {
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
                if own_class(work, &self.establishment, class).is_none() {
                    return Ok(Err(RosterReason::ClassNotFound));
                }
                if from.is_none() && !self.may_assign {
                    return Ok(Err(RosterReason::MayNotAssign));
                }
                let expected = change.expected;
                (StudentCommand::Place { class, expected }, Some(class))
            }
        };
        if from.is_some() && from == to {
            return Ok(Ok(false));
        }
        if let Err(refused) = work.handle::<Student>(&change.student, command).await {
            return Ok(Err(reason(refused)));
        }
        self.change_classes(work, change.student, from, to).await?;
        Ok(Ok(true))
    }

    async fn change_classes(
        &self,
        work: &mut UnitOfWork,
        student: StudentId,
        from: Option<ClassId>,
        to: Option<ClassId>,
    ) -> Result<(), CommandError> {
        if let Some(class) = from {
            let withdraw = ClassCommand::Withdraw { student, to };
            // A refusal means that somebody moved the pupil between the two loads: the class no
            // longer has them, or is gone. Their stream has moved on too, so decide again.
            let withdrawn = work.handle::<Class>(&class, withdraw).await;
            withdrawn.map_err(|_| CommandError::Store(StoreError::Conflict))?;
        }
        if let Some(class) = to {
            let admit = ClassCommand::Admit { student, from };
            work.handle::<Class>(&class, admit).await?;
        }
        Ok(())
    }
}

fn reason(error: StudentError) -> RosterReason {
    match error {
        StudentError::MovedMeanwhile { current } => RosterReason::MovedMeanwhile { current },
        StudentError::NotFound
        | StudentError::NotInEstablishment
        | StudentError::AlreadyRegistered => RosterReason::StudentNotFound,
    }
}
