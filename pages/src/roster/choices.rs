//! What was chosen for each pupil.

use std::str::FromStr;

use commands::change_roster::{Destination, RosterChange};
use domain::ids::{ClassId, StudentId};
use web::problem::Problem;

use super::OUT;
use crate::form::Form;

/// What was chosen for a pupil, and the class that they were seen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) student: StudentId,
    pub(super) seen: Option<ClassId>,
    pub(super) to: Destination,
}

impl Choice {
    /// Whether it asks for anything: a row that was left as it was does not, whatever others made of the
    /// pupil since.
    fn is_change(&self) -> bool {
        match self.to {
            Destination::Blank => false,
            Destination::Out => true,
            Destination::Class(class) => self.seen != Some(class),
        }
    }

    pub(super) fn change(&self) -> RosterChange {
        RosterChange {
            student: self.student,
            to: self.to,
            expected: Some(self.seen),
        }
    }
}

/// The choices of a form that change something.
pub(super) fn read(form: &Form) -> Result<Vec<Choice>, Problem> {
    let mut changes = Vec::new();
    for (field, chosen) in form.fields() {
        let Some(student) = field.strip_prefix("classe.") else {
            continue;
        };
        let seen = form.text(&format!("vue.{student}"));
        let choice = Choice {
            student: id(student)?,
            seen: if seen.is_empty() {
                None
            } else {
                Some(id(seen)?)
            },
            to: match chosen.as_str() {
                "" => Destination::Blank,
                OUT => Destination::Out,
                class => Destination::Class(id(class)?),
            },
        };
        if choice.is_change() {
            changes.push(choice);
        }
    }
    Ok(changes)
}

fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        Problem::malformed("Le formulaire est arrivé abîmé : rechargez la page, puis recommencez.")
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// A page of thirty pupils is sent whole, and one of them was changed: the others are none of this
    /// form's business, and a choice left blank removes nobody.
    #[test]
    fn only_what_was_changed_is_asked() {
        let ids = [1, 2, 3, 4, 5].map(Uuid::from_u128);
        let [a, b, one, two, three] = ids;
        let body = format!(
            "classe.{one}={a}&vue.{one}={a}&classe.{two}={b}&vue.{two}={a}\
             &classe.{three}=retrait&vue.{three}={a}&classe.{a}=&vue.{a}=&classe.{b}={a}&vue.{b}=\
             &autre=1"
        );
        let choices = read(&Form::read(&body)).unwrap();
        let student = StudentId::new;
        let class = |id| Some(ClassId::new(id));
        assert_eq!(
            choices,
            [
                (two, class(a), Destination::Class(ClassId::new(b))),
                (three, class(a), Destination::Out),
                (b, None, Destination::Class(ClassId::new(a))),
            ]
            .map(|(id, seen, to)| Choice {
                student: student(id),
                seen,
                to
            })
        );
        for broken in [
            "classe.x=",
            &format!("classe.{one}=x"),
            &format!("classe.{one}=&vue.{one}=x"),
        ] {
            assert_eq!(
                read(&Form::read(broken)).unwrap_err().status(),
                400,
                "{broken}"
            );
        }
    }
}
