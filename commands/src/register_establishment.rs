//! The head registers the establishment (manual, "Comment inscrire l'établissement").

use domain::{
    establishment::{Establishment, EstablishmentCommand},
    ids::PersonId,
    values::{SchoolYear, Uai},
};

use crate::{Undecided, UseCase, Wanted, Work};

/// Registers an establishment with its head, in its first school year.
pub struct RegisterEstablishment {
    pub establishment: Uai,
    /// Its head, who joins its staff.
    pub head: PersonId,
    /// The school year it starts with.
    pub school_year: SchoolYear,
}

impl UseCase for RegisterEstablishment {
    type Output = ();

    fn wanted(&self) -> Wanted {
        Wanted::establishment(&self.establishment)
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        let command = EstablishmentCommand::Register {
            head: self.head,
            school_year: self.school_year,
            invitation: None,
        };
        Ok(work.handle::<Establishment>(&self.establishment, command)?)
    }
}

#[cfg(test)]
mod tests {
    use domain::{establishment::EstablishmentEvent, values::StaffRole};

    use super::*;
    use crate::{
        Refusal,
        given::{Given, joined, listed, person, school, uai, year},
    };

    fn register(head: u128) -> RegisterEstablishment {
        RegisterEstablishment {
            establishment: uai(),
            head: person(head),
            school_year: year(2026),
        }
    }

    /// The head comes with the registration, and a form sent twice registers once.
    #[test]
    fn a_head_registers_once() {
        let registered = EstablishmentEvent::EstablishmentRegistered {
            head: person(1),
            school_year: year(2026),
        };
        let head = school(joined(person(1), StaffRole::Head));
        let then = Given::listed().when(&register(1));
        then.then([school(registered), head]);
        Given::school().when(&register(1)).nothing();
    }

    /// One head, of a school that is listed and in priority education.
    #[test]
    fn not_every_school_has_a_new_head() {
        let another = Given::school().when(&register(2));
        another.refused(Refusal::HeadAlreadyRegistered);
        let unlisted = Given::default().when(&register(1));
        unlisted.refused(Refusal::EstablishmentNotFound);
        let unmarked = Given::default().and([school(listed(None))]);
        let unmarked = unmarked.when(&register(1));
        unmarked.refused(Refusal::EstablishmentNotEligible);
    }
}
