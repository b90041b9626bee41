//! Changes of the roster: all of a page, or none.

use std::collections::BTreeSet;

use commands::change_roster::{ChangeRoster, Destination, RosterChange};
use domain::ids::ClassId;

use super::super::action::{Change, To, meant};
use super::{Model, Student};

impl Model<'_> {
    pub(super) async fn roster(
        &mut self,
        school: usize,
        may_assign: bool,
        changes: &[Change],
    ) -> anyhow::Result<()> {
        let mut after = self.students.clone();
        let mut named = BTreeSet::new();
        let mut possible = true;
        let mut real = Vec::new();
        for change in changes {
            let student = meant(change.student, after.len(), |student| {
                self.students[student].school == Some(school)
            });
            possible &= matches!(change.to, To::Blank) || named.insert(student);
            possible &= self.changes(&mut after[student], school, may_assign, change);
            real.push(RosterChange {
                student: self.students[student].id,
                to: match change.to {
                    To::Class(class) => {
                        Destination::Class(self.classes[self.class(school, class)].id)
                    }
                    To::Out => Destination::Out,
                    To::Blank => Destination::Blank,
                },
                expected: self.seen(school, change),
            });
        }
        let roster = ChangeRoster {
            establishment: self.uais[school].clone(),
            may_assign,
            changes: real,
        };
        if self.attempt(&roster, possible).await? {
            self.students = after;
        }
        Ok(())
    }

    #[expect(
        clippy::option_option,
        reason = "as in the use case: seen nowhere is not unsaid"
    )]
    fn seen(&self, school: usize, change: &Change) -> Option<Option<ClassId>> {
        let id = |class| self.classes[self.class(school, class)].id;
        change.seen.map(|seen| seen.map(id))
    }

    /// Changes one pupil, if that can be done.
    fn changes(
        &self,
        student: &mut Student,
        school: usize,
        may_assign: bool,
        change: &Change,
    ) -> bool {
        if student.school != Some(school) {
            return matches!(change.to, To::Blank);
        }
        match change.to {
            To::Blank => {}
            To::Out => {
                let seen = self.seen(school, change);
                if seen.is_some_and(|seen| seen != student.class) {
                    return false;
                }
                student.school = None;
                student.class = None;
            }
            To::Class(number) => {
                let number = self.class(school, number);
                let class = self.classes[number].id;
                let seen = self.seen(school, change);
                if !self.reaches(school, number) {
                    return false;
                }
                if student.class.is_none() && !may_assign {
                    return false;
                }
                if student.class != Some(class) && seen.is_some_and(|seen| seen != student.class) {
                    return false;
                }
                student.class = Some(class);
            }
        }
        true
    }
}
