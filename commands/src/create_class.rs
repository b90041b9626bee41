//! A class is created (manual, "Comment procéder à la création des classes").

use domain::{
    class::{Class, ClassCommand},
    establishment::Establishment,
    ids::ClassId,
    values::{ClassName, Track, Uai},
};

use crate::{Refusal, Undecided, UseCase, Wanted, Work};

/// Creates a class in the establishment's present school year.
pub struct CreateClass {
    pub establishment: Uai,
    /// Its id, chosen by the caller: the same command twice makes one class.
    pub class: ClassId,
    pub name: ClassName,
    pub track: Track,
}

impl UseCase for CreateClass {
    /// The class: sent again, a request learns which one it made.
    type Output = ClassId;

    fn wanted(&self) -> Wanted {
        Wanted {
            establishments: vec![self.establishment.clone()],
            classes: vec![self.class],
            ..Wanted::default()
        }
    }

    fn decide(&self, work: &mut Work) -> Result<ClassId, Undecided> {
        let school_year = work
            .get::<Establishment>(&self.establishment)
            .ok_or(Refusal::EstablishmentNotFound)?
            .school_year
            .ok_or(Refusal::EstablishmentNotRegistered)?;
        // A new year opened at this very moment must not leave a class behind in the old one.
        work.rely_on(&self.establishment);
        let command = ClassCommand::Create {
            establishment: self.establishment.clone(),
            school_year,
            name: self.name.clone(),
            track: self.track,
        };
        work.handle::<Class>(&self.class, command)?;
        Ok(self.class)
    }
}

/// Creates several classes of one establishment: all of them, or none.
pub struct CreateClasses(pub Vec<CreateClass>);

impl UseCase for CreateClasses {
    type Output = ();

    fn wanted(&self) -> Wanted {
        let establishments = self.0.iter().map(|one| one.establishment.clone());
        Wanted {
            establishments: establishments.take(1).collect(),
            classes: self.0.iter().map(|one| one.class).collect(),
            ..Wanted::default()
        }
    }

    fn decide(&self, work: &mut Work) -> Result<(), Undecided> {
        self.0
            .iter()
            .try_for_each(|one| one.decide(work).map(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use domain::class::ClassEvent;

    use super::*;
    use crate::given::{Given, class, created, in_class, name, uai};

    fn create(id: u128) -> CreateClass {
        CreateClass {
            establishment: uai(),
            class: class(id),
            name: name(id),
            track: Track::TroisiemeGenerale,
        }
    }

    /// It belongs to the year that the establishment is in, which must not change meanwhile.
    #[test]
    fn it_belongs_to_the_present_year() {
        let then = Given::school().when(&create(1));
        then.relying_on_the_school()
            .then([in_class(1, created(uai(), 1))]);
    }

    /// A request sent again, its answer being lost, makes one class.
    #[test]
    fn the_same_class_twice_is_one() {
        Given::school().class(1).when(&create(1)).nothing();
    }

    /// A list that is pasted is created whole: half of it would be looked for, and pasted again.
    #[test]
    fn several_are_created_in_one_piece() {
        let given = Given::school().when(&CreateClasses(vec![create(1), create(2)]));
        given.relying_on_the_school().then([
            in_class(1, created(uai(), 1)),
            in_class(2, created(uai(), 2)),
        ]);
        let elsewhere = Given::school().class_elsewhere(2);
        let refused = elsewhere.when(&CreateClasses(vec![create(1), create(2)]));
        refused.refused(Refusal::ClassNotFound);
    }

    /// An id that is taken is nobody's business, wherever the class is.
    #[test]
    fn an_id_makes_one_class() {
        let elsewhere = Given::school().class_elsewhere(1);
        elsewhere.when(&create(1)).refused(Refusal::ClassNotFound);
        let deleted = in_class(1, ClassEvent::ClassDeleted {});
        let gone = Given::school().class(1).and([deleted]);
        gone.when(&create(1)).refused(Refusal::ClassNotFound);
    }

    /// Classes come after the head.
    #[test]
    fn an_establishment_has_classes_once_registered() {
        let unlisted = Given::default().when(&create(1));
        unlisted.refused(Refusal::EstablishmentNotFound);
        let waiting = Given::listed().when(&create(1));
        waiting.refused(Refusal::EstablishmentNotRegistered);
    }
}
