//! An administrator hands headship over to a member of the staff.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::Uai,
};

use crate::{Undecided, UseCase, Wanted, Work, set_own_class::leave_classes};

/// Makes a member of the staff its head; the head it had leaves the staff, and their class with it.
pub struct ReplaceHead {
    pub establishment: Uai,
    pub head: PersonId,
}

impl UseCase for ReplaceHead {
    /// The head it had, who left; none when nothing changed.
    type Output = Option<PersonId>;

    fn wanted(&self) -> Wanted {
        Wanted::establishment_with_classes(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<Option<PersonId>, Undecided> {
        let before = head(work, &self.establishment);
        let command = EstablishmentCommand::ReplaceHead { head: self.head };
        work.handle::<Establishment>(&self.establishment, command)?;
        former_head_leaves(work, &self.establishment, before)
    }
}

/// The head of an establishment that was loaded.
pub(crate) fn head(work: &Work, establishment: &Uai) -> Option<PersonId> {
    work.get::<Establishment>(establishment)?.head
}

/// The head it had before the decision leaves their class when another took over.
pub(crate) fn former_head_leaves(
    work: &mut Work,
    establishment: &Uai,
    before: Option<PersonId>,
) -> Result<Option<PersonId>, Undecided> {
    let Some(former) = before.filter(|_| before != head(work, establishment)) else {
        return Ok(None);
    };
    leave_classes(work, establishment, former, None)?;
    Ok(Some(former))
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, establishment::EstablishmentEvent, values::StaffRole};

    use super::*;
    use crate::{
        Refusal,
        given::{Given, in_class, person, school, uai},
    };

    fn replace(head: u128) -> ReplaceHead {
        ReplaceHead {
            establishment: uai(),
            head: person(head),
        }
    }

    /// The head who hands over leaves with their class; the new one keeps theirs.
    #[test]
    fn a_colleague_becomes_head() {
        let given = Given::school().staff(2, StaffRole::MainTeacher);
        let given = given.class(1).class(2).teacher(1, 1).teacher(2, 2);
        let replaced = EstablishmentEvent::HeadReplaced {
            head: person(2),
            previous: person(1),
        };
        let unassigned = ClassEvent::MainTeacherUnassigned { teacher: person(1) };
        given
            .when(&replace(2))
            .then([school(replaced), in_class(1, unassigned)])
            .told(Some(person(1)));
    }

    /// A command given twice changes nothing, and takes no class from anybody.
    #[test]
    fn the_head_stays_head() {
        let given = Given::school().class(1).teacher(1, 1);
        given.when(&replace(1)).nothing().told(None);
    }

    #[test]
    fn a_head_comes_from_the_staff() {
        let then = Given::school().when(&replace(2));
        then.refused(Refusal::StaffNotFound);
    }
}
