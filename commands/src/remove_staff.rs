//! Somebody leaves the staff of an establishment, and their class with it.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::Uai,
};

use crate::{Undecided, UseCase, Wanted, Work, set_own_class::leave_classes};

/// Removes a member of the staff, who is not the head.
pub struct RemoveStaff {
    pub establishment: Uai,
    pub staff: PersonId,
}

impl UseCase for RemoveStaff {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::establishment_with_classes(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let command = EstablishmentCommand::RemoveStaff { staff: self.staff };
        work.handle::<Establishment>(&self.establishment, command)?;
        leave_classes(work, &self.establishment, self.staff, None)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::{class::ClassEvent, establishment::EstablishmentEvent, values::StaffRole};

    use super::*;
    use crate::{
        Refusal,
        given::{Given, in_class, person, school, uai},
    };

    fn remove(staff: u128) -> RemoveStaff {
        RemoveStaff {
            establishment: uai(),
            staff: person(staff),
        }
    }

    /// A class must not send its pupils to somebody who is no longer there; colleagues keep theirs.
    #[test]
    fn somebody_leaves_and_their_class_with_them() {
        let given = Given::school().staff(2, StaffRole::MainTeacher);
        let given = given.staff(3, StaffRole::MainTeacher).class(1).class(2);
        let given = given.teacher(1, 2).teacher(2, 3);
        let left = EstablishmentEvent::StaffLeft { staff: person(2) };
        let unassigned = ClassEvent::MainTeacherUnassigned { teacher: person(2) };
        let then = given.when(&remove(2));
        then.then([school(left), in_class(1, unassigned)]);
    }

    /// The head hands over and is never removed; nobody leaves who is not there, or not any more.
    #[test]
    fn not_everybody_can_be_removed() {
        let head = Given::school().when(&remove(1));
        head.refused(Refusal::HeadStays);
        let stranger = Given::school().when(&remove(2));
        stranger.refused(Refusal::StaffNotFound);
    }
}
