//! The unit of work: the aggregates that one action touches, and what they decided.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use domain::{
    actor::Metadata,
    class::Class,
    establishment::Establishment,
    event::Event,
    ids::{ClassId, PersonId, StudentId},
    refusal::{Decided, Refusal},
    student::Student,
    values::Uai,
};
use store::{Append, EventRecord, Guard, Stream, StreamId};

/// An aggregate that a unit of work can hold.
pub trait Root:
    Aggregate<Services = (), Error = Refusal, Event: Into<Event> + TryFrom<Event>>
{
    /// Its typed id.
    type Id: Ord + Clone + Display + Send + Sync;

    /// What a command causes.
    fn decide(&self, command: Self::Command) -> Decided<Self::Event>;

    /// The establishment that an event decided in this state concerns.
    fn concerns(&self, id: &Self::Id) -> Option<Uai>;

    /// Where the unit of work keeps aggregates of this type.
    fn held(work: &Work) -> &Held<Self>;

    /// The same, to change.
    fn held_mut(work: &mut Work) -> &mut Held<Self>;
}

/// The aggregates of one type that a unit of work holds.
pub type Held<A> = BTreeMap<<A as Root>::Id, Loaded<A>>;

/// An aggregate as it was loaded, then as its decisions made it.
pub struct Loaded<A: Root> {
    pub(crate) state: A,
    pub(crate) version: u64,
    decided: Vec<(Uai, A::Event)>,
}

/// What one attempt at a use case loaded and decided. Nothing is written until it is appended.
#[derive(Default)]
pub struct Work {
    pub(crate) establishments: Held<Establishment>,
    pub(crate) classes: Held<Class>,
    pub(crate) students: Held<Student>,
    relied_on: BTreeSet<Uai>,
}

/// Who and what is in an establishment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// Its open classes.
    pub classes: Vec<ClassId>,
    /// Its pupils, with a class or without.
    pub students: Vec<StudentId>,
}

impl Work {
    /// An aggregate as it stands in this unit of work; nothing when it does not exist, or was not
    /// loaded.
    pub fn get<A: Root>(&self, id: &A::Id) -> Option<&A> {
        A::held(self)
            .get(id)
            .filter(|held| held.version > 0 || held.has_decided())
            .map(|held| &held.state)
    }

    /// Lets an aggregate that was loaded handle a command. What it decides shows at once in
    /// [`Work::get`].
    pub fn handle<A: Root>(&mut self, id: &A::Id, command: A::Command) -> Result<(), Refusal> {
        let held = A::held_mut(self).entry(id.clone()).or_default();
        let before = held.state.concerns(id);
        let decided = held.state.decide(command)?;
        for event in &decided {
            held.state.apply(event.clone());
        }
        if let Some(establishment) = before.or_else(|| held.state.concerns(id)) {
            let decided = decided.into_iter();
            held.decided
                .extend(decided.map(|event| (establishment.clone(), event)));
        }
        Ok(())
    }

    /// Makes the action depend on an establishment that it only looks at: should that one change before
    /// the commit, everything is decided again.
    pub fn rely_on(&mut self, establishment: &Uai) {
        self.relied_on.insert(establishment.clone());
    }

    /// A class that was loaded, if it is in use and belongs to the establishment.
    #[must_use]
    pub fn own_class(&self, establishment: &Uai, class: ClassId) -> Option<&Class> {
        self.get::<Class>(&class)
            .filter(|class| class.is_open() && class.belongs_to(establishment))
    }

    /// The open classes of an establishment that this teacher has, among those that were loaded.
    #[must_use]
    pub fn classes_taught(&self, establishment: &Uai, teacher: PersonId) -> Vec<ClassId> {
        let open = self.classes.keys().filter(|id| {
            self.own_class(establishment, **id)
                .is_some_and(|class| class.main_teachers.contains(&teacher))
        });
        open.copied().collect()
    }

    /// Who and what is in each establishment, among the aggregates that were loaded.
    #[must_use]
    pub fn present(&self) -> BTreeMap<Uai, Present> {
        let mut present: BTreeMap<Uai, Present> = BTreeMap::new();
        for (id, class) in &self.classes {
            if let (true, Some(uai)) = (class.state.is_open(), &class.state.establishment) {
                present.entry(uai.clone()).or_default().classes.push(*id);
            }
        }
        for (id, student) in &self.students {
            if let Some(uai) = &student.state.establishment {
                present.entry(uai.clone()).or_default().students.push(*id);
            }
        }
        present
    }

    /// Whether something was decided on each of these classes.
    pub(crate) fn has_decided_on(&self, classes: &BTreeSet<ClassId>) -> bool {
        let mut classes = classes.iter().map(|id| self.classes.get(id));
        classes.all(|class| class.is_some_and(Loaded::has_decided))
    }

    /// What to append of what was decided. The versions then count it.
    pub(crate) fn take_decided(
        &mut self,
        metadata: Metadata,
        recorded_at: DateTime<Utc>,
    ) -> Append {
        let mut append = Append::default();
        for (uai, held) in &self.establishments {
            let stood = Guard {
                stream: StreamId::of::<Establishment>(uai),
                version: held.version,
            };
            if !held.has_decided() {
                append
                    .guards
                    .extend(self.relied_on.contains(uai).then_some(stood));
            } else if held.version > 0 {
                append.heads.push(stood);
            }
        }
        take_decided(&mut self.establishments, metadata, recorded_at, &mut append);
        take_decided(&mut self.classes, metadata, recorded_at, &mut append);
        take_decided(&mut self.students, metadata, recorded_at, &mut append);
        append
    }
}

impl<A: Root> Default for Loaded<A> {
    fn default() -> Self {
        Self::remembered(0, A::default())
    }
}

impl<A: Root> Loaded<A> {
    /// An aggregate as its events left it.
    pub(crate) fn new(stream: Stream) -> Self {
        let mut state = A::default();
        for event in stream.events {
            // `Event::decode` chose the variant by the aggregate type: it is always this one.
            if let Ok(event) = A::Event::try_from(event) {
                state.apply(event);
            }
        }
        Self::remembered(stream.version, state)
    }

    /// One that was loaded before, with the number of its last event then.
    pub(crate) fn remembered(version: u64, state: A) -> Self {
        Self {
            state,
            version,
            decided: Vec::new(),
        }
    }

    pub(crate) fn has_decided(&self) -> bool {
        !self.decided.is_empty()
    }
}

/// Takes what was decided out of the aggregates, whose versions then count it.
fn take_decided<A: Root>(
    held: &mut Held<A>,
    metadata: Metadata,
    recorded_at: DateTime<Utc>,
    append: &mut Append,
) {
    for (id, aggregate) in held {
        for (establishment, event) in aggregate.decided.drain(..) {
            aggregate.version += 1;
            append.events.push(EventRecord {
                stream: StreamId::of::<A>(id),
                sequence: aggregate.version,
                event: event.into(),
                metadata,
                recorded_at,
                establishment,
            });
        }
    }
}

macro_rules! root {
    ($aggregate:ident, $id:ident, $held:ident, $concerns:expr) => {
        impl Root for $aggregate {
            type Id = $id;

            fn decide(&self, command: Self::Command) -> Decided<Self::Event> {
                $aggregate::decide(self, command)
            }

            fn concerns(&self, id: &$id) -> Option<Uai> {
                let concerns: fn(&Self, &$id) -> Option<Uai> = $concerns;
                concerns(self, id)
            }

            fn held(work: &Work) -> &Held<Self> {
                &work.$held
            }

            fn held_mut(work: &mut Work) -> &mut Held<Self> {
                &mut work.$held
            }
        }
    };
}

root!(Establishment, Uai, establishments, |_, uai| Some(
    uai.clone()
));
root!(Class, ClassId, classes, |class, _| class
    .establishment
    .clone());
// Erasing a pupil who is in no establishment is the business of the last they were in.
root!(Student, StudentId, students, |student, _| {
    if student.erased {
        student.last_establishment.clone()
    } else {
        student.establishment.clone()
    }
});

#[cfg(test)]
mod tests {
    use domain::values::{Priority, StaffRole};

    use super::*;
    use crate::{
        add_staff::AddStaff,
        given::{Given, listed, other_uai, person, school, uai, update},
        import_directory::ImportDirectory,
        set_own_class::SetOwnClass,
    };

    /// Whoever opens a year and whoever creates a class in the old one wait for each other: the one holds
    /// the last event of the establishment for itself, the other shares it. A stream that begins has none.
    #[test]
    fn an_establishment_is_held_or_shared_as_it_stood() {
        let stood = |version| Guard {
            stream: school(listed(None)).0,
            version,
        };
        let add = AddStaff {
            establishment: uai(),
            staff: person(2),
            role: StaffRole::Teacher,
        };
        let (held, shared) = Given::school().locks(&add);
        assert_eq!((held, shared), (vec![stood(3)], vec![]));

        let choose = SetOwnClass {
            establishment: uai(),
            teacher: person(1),
            class: None,
        };
        let (held, shared) = Given::school().locks(&choose);
        assert_eq!((held, shared), (vec![], vec![stood(3)]));

        let rep = update(Some(Priority::Rep));
        let list = ImportDirectory {
            schools: vec![(uai(), rep.clone()), (other_uai(), rep)],
            closed: Vec::new(),
        };
        let (held, shared) = Given::listed().locks(&list);
        assert_eq!((held, shared), (vec![], vec![]));
    }
}
