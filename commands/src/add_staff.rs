//! Somebody joins the staff of an establishment.

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::{StaffRole, Uai},
};

use crate::{Undecided, UseCase, Wanted, Work};

/// Adds somebody to the staff. The head comes with the registration, never this way.
pub struct AddStaff {
    pub establishment: Uai,
    pub staff: PersonId,
    pub role: StaffRole,
}

impl UseCase for AddStaff {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::establishment(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let command = EstablishmentCommand::AddStaff {
            staff: self.staff,
            role: self.role,
            invitation: None,
        };
        Ok(work.handle::<Establishment>(&self.establishment, command)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Refusal,
        given::{Given, joined, person, school, uai},
    };

    fn add(staff: u128, role: StaffRole) -> AddStaff {
        AddStaff {
            establishment: uai(),
            staff: person(staff),
            role,
        }
    }

    /// The head's colleagues come by themselves, and a form sent twice makes nobody a colleague twice.
    #[test]
    fn a_colleague_joins_once() {
        let teacher = StaffRole::Teacher;
        let joins = school(joined(person(2), teacher));
        Given::school().when(&add(2, teacher)).then([joins]);
        let there = Given::school().staff(2, teacher);
        there.when(&add(2, StaffRole::Counsellor)).nothing();
    }

    /// Each waits their turn (manual, "L'inscription, c'est chacun son tour !"), and there is one head.
    #[test]
    fn nobody_joins_before_their_turn() {
        let join = add(2, StaffRole::Teacher);
        let unlisted = Given::default().when(&join);
        unlisted.refused(Refusal::EstablishmentNotEligible);
        let waiting = Given::listed().when(&join);
        waiting.refused(Refusal::EstablishmentNotRegistered);
        let head = Given::school().when(&add(2, StaffRole::Head));
        head.refused(Refusal::HeadAlreadyRegistered);
    }
}
