//! Given what happened, when somebody acts, then this happens: use cases are tried on streams in memory.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{
    actor::{Actor, Metadata},
    class::{Class, ClassEvent},
    establishment::{Establishment, EstablishmentEvent, Listing, ListingUpdate},
    event::Event,
    ids::{ClassId, CommandId, CorrelationId, InvitationId, PersonId, StudentId},
    student::{Student, StudentEvent},
    values::{ClassName, Priority, SchoolYear, StaffRole, Track, Uai},
};
use futures::FutureExt as _;
use store::{Append, EventRecord, Guard, Lifespan, StoreError, Stream, StreamId, Streams};
use uuid::Uuid;

use crate::{Loader, Refusal, Root, Undecided, UseCase, loader::Log, work::Loaded};

/// The establishment that everything is about.
pub(crate) fn uai() -> Uai {
    Uai::parse("9990021U").unwrap()
}

/// Another one.
pub(crate) fn other_uai() -> Uai {
    Uai::parse("9990022V").unwrap()
}

/// The head is person 1.
pub(crate) fn person(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

pub(crate) fn student(id: u128) -> StudentId {
    StudentId::new(Uuid::from_u128(0x5000 + id))
}

pub(crate) fn class(id: u128) -> ClassId {
    ClassId::new(Uuid::from_u128(0xc000 + id))
}

pub(crate) fn invitation(id: u128) -> InvitationId {
    InvitationId::new(Uuid::from_u128(0x1000 + id))
}

/// The year that the establishment is in is 2026.
pub(crate) fn year(start: i32) -> SchoolYear {
    SchoolYear::starting(start).unwrap()
}

/// The name of a class, which each is created with.
pub(crate) fn name(id: u128) -> ClassName {
    ClassName::parse(&format!("3e {id}")).unwrap()
}

/// What a file of the directory says of a school with this mark.
pub(crate) fn update(priority: Option<Priority>) -> ListingUpdate {
    ListingUpdate {
        name: "COLLEGE DES TILLEULS".to_owned(),
        city: "VILLENEUVE".to_owned(),
        postal_code: None,
        department: None,
        academy: None,
        mailbox: None,
        closed: None,
        priority: Some(priority),
    }
}

pub(crate) fn listed(priority: Option<Priority>) -> EstablishmentEvent {
    EstablishmentEvent::EstablishmentListed {
        listing: Listing {
            name: "COLLEGE DES TILLEULS".to_owned(),
            city: "VILLENEUVE".to_owned(),
            postal_code: None,
            department: None,
            academy: None,
            priority,
            mailbox: None,
            closed: false,
        },
    }
}

pub(crate) fn created(establishment: Uai, id: u128) -> ClassEvent {
    ClassEvent::ClassCreated {
        establishment,
        school_year: year(2026),
        name: name(id),
        track: Track::TroisiemeGenerale,
    }
}

pub(crate) fn joined(staff: PersonId, role: StaffRole) -> EstablishmentEvent {
    EstablishmentEvent::StaffJoined {
        staff,
        role,
        invitation: None,
    }
}

/// An event, and the stream it is in.
pub(crate) type Said = (StreamId, Event);

/// An event of the establishment's.
pub(crate) fn school(event: EstablishmentEvent) -> Said {
    (StreamId::of::<Establishment>(&uai()), event.into())
}

/// An event of a class's.
pub(crate) fn in_class(id: u128, event: ClassEvent) -> Said {
    (StreamId::of::<Class>(&class(id)), event.into())
}

/// An event of a pupil's.
pub(crate) fn of_student(id: u128, event: StudentEvent) -> Said {
    (StreamId::of::<Student>(&student(id)), event.into())
}

/// What happened so far, in order.
#[derive(Clone, Default)]
pub(crate) struct Given(Vec<EventRecord>);

impl Given {
    /// An establishment of the directory, in priority education.
    pub(crate) fn listed() -> Self {
        Self::default().and([school(listed(Some(Priority::Rep)))])
    }

    /// One whose head registered it for 2026.
    pub(crate) fn school() -> Self {
        let head = person(1);
        let school_year = year(2026);
        let registered = EstablishmentEvent::EstablishmentRegistered { head, school_year };
        Self::listed().and([school(registered), school(joined(head, StaffRole::Head))])
    }

    /// And then this happened.
    pub(crate) fn and(mut self, said: impl IntoIterator<Item = Said>) -> Self {
        for (stream, event) in said {
            let establishment = match &event {
                Event::Establishment(_) => stream.aggregate_id.parse().unwrap(),
                Event::Class(event) => self.concerned::<Class>(&stream, event),
                Event::Student(event) => self.concerned::<Student>(&stream, event),
            };
            let sequence = self.version(&stream) + 1;
            self.0.push(EventRecord {
                stream,
                sequence,
                event,
                metadata: metadata(),
                recorded_at: "2026-11-23T08:00:00Z".parse().unwrap(),
                establishment,
            });
        }
        self
    }

    fn concerned<A: Root<Id: std::str::FromStr<Err: Debug>>>(
        &self,
        stream: &StreamId,
        event: &A::Event,
    ) -> Uai {
        let id = stream.aggregate_id.parse().unwrap();
        let mut state = Loaded::<A>::new(self.stream(stream)).state;
        let before = state.concerns(&id);
        state.apply(event.clone());
        before.or_else(|| state.concerns(&id)).unwrap()
    }

    /// And they joined the staff.
    pub(crate) fn staff(self, id: u128, role: StaffRole) -> Self {
        self.and([school(joined(person(id), role))])
    }

    /// And this class was created there.
    pub(crate) fn class(self, id: u128) -> Self {
        self.and([in_class(id, created(uai(), id))])
    }

    /// And this one elsewhere.
    pub(crate) fn class_elsewhere(self, id: u128) -> Self {
        self.and([in_class(id, created(other_uai(), id))])
    }

    /// And this member of the staff took it.
    pub(crate) fn teacher(self, id: u128, teacher: u128) -> Self {
        let assigned = ClassEvent::MainTeacherAssigned {
            teacher: person(teacher),
            from: None,
        };
        self.and([in_class(id, assigned)])
    }

    /// And this pupil signed up there.
    pub(crate) fn student(self, id: u128) -> Self {
        let registered = StudentEvent::StudentRegistered {
            establishment: uai(),
            school_year: year(2026),
        };
        self.and([of_student(id, registered)])
    }

    /// And this one signed up, in this class.
    pub(crate) fn student_in(self, id: u128, in_: u128) -> Self {
        let assigned = StudentEvent::StudentAssigned { class: class(in_) };
        let admitted = ClassEvent::StudentAdmitted {
            student: student(id),
            from: None,
        };
        self.student(id)
            .and([of_student(id, assigned), in_class(in_, admitted)])
    }

    /// And somebody was invited.
    pub(crate) fn invited(self, id: u128, role: StaffRole, for_: Option<u128>) -> Self {
        self.and([school(EstablishmentEvent::StaffInvited {
            invitation: invitation(id),
            role,
            class: for_.map(class),
        })])
    }

    /// When somebody acts. What they decided is then in the log.
    pub(crate) fn act<U: UseCase>(&mut self, use_case: &U) -> Result<U::Output, Undecided> {
        self.decide(use_case).map(|(output, _)| output)
    }

    fn decide<U: UseCase>(&mut self, use_case: &U) -> Result<(U::Output, Append), Undecided> {
        let mut loader = Loader::new(self, None);
        let outcome = use_case.load(&mut loader).now_or_never();
        outcome.unwrap().unwrap();
        let (mut work, _) = loader.into_work();
        let output = use_case.decide(&mut work)?;
        let at = "2026-11-24T08:00:00Z".parse().unwrap();
        let append = work.take_decided(metadata(), at);
        for record in &append.events {
            assert_eq!(record.sequence, self.version(&record.stream) + 1);
            self.0.push(record.clone());
        }
        Ok((output, append))
    }

    /// When somebody acts.
    pub(crate) fn when<U: UseCase<Output: Debug + PartialEq>>(
        mut self,
        use_case: &U,
    ) -> Then<U::Output> {
        match self.decide(use_case) {
            Ok((output, append)) => Then {
                outcome: Ok(output),
                append,
            },
            Err(undecided) => Then {
                outcome: Err(undecided),
                append: Append::default(),
            },
        }
    }

    /// What an action holds for itself, and what it shares.
    pub(crate) fn locks<U: UseCase<Output: Debug>>(
        mut self,
        use_case: &U,
    ) -> (Vec<Guard>, Vec<Guard>) {
        let (_, append) = self.decide(use_case).unwrap();
        (append.heads, append.guards)
    }

    /// All that happened.
    pub(crate) fn records(&self) -> Vec<EventRecord> {
        self.0.clone()
    }

    /// An aggregate as it stands.
    pub(crate) fn state<A: Root>(&self, id: &A::Id) -> A {
        Loaded::new(self.stream(&StreamId::of::<A>(id))).state
    }

    fn version(&self, stream: &StreamId) -> u64 {
        self.of(stream).count() as u64
    }

    fn of<'s>(&'s self, stream: &'s StreamId) -> impl Iterator<Item = &'s EventRecord> {
        self.0.iter().filter(move |it| it.stream == *stream)
    }

    fn stream(&self, stream: &StreamId) -> Stream {
        Stream {
            version: self.version(stream),
            events: self.of(stream).map(|it| it.event.clone()).collect(),
        }
    }
}

/// What came of it.
pub(crate) struct Then<O> {
    outcome: Result<O, Undecided>,
    append: Append,
}

impl<O: Debug + PartialEq> Then<O> {
    /// Then this happened, each stream in this order, and nothing else.
    pub(crate) fn then(self, expected: impl IntoIterator<Item = Said>) -> Self {
        assert!(self.outcome.is_ok(), "{:?}", self.outcome);
        let happened = self.append.events.iter();
        let mut happened: Vec<Said> = happened
            .map(|it| (it.stream.clone(), it.event.clone()))
            .collect();
        let mut expected: Vec<Said> = expected.into_iter().collect();
        happened.sort_by(|one, other| one.0.cmp(&other.0));
        expected.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(happened, expected);
        self
    }

    /// Provided that the establishment does not change meanwhile.
    pub(crate) fn relying_on_the_school(self) -> Self {
        let guards: Vec<_> = self.append.guards.iter().map(|it| &it.stream).collect();
        assert_eq!(guards, [&StreamId::of::<Establishment>(&uai())]);
        self
    }

    /// All was so already.
    pub(crate) fn nothing(self) -> Self {
        self.then([])
    }

    /// Whoever asked learns this.
    pub(crate) fn told(self, output: O) {
        assert_eq!(self.outcome, Ok(output));
    }

    /// A rule refused it.
    pub(crate) fn refused(self, refusal: Refusal) {
        assert_eq!(self.outcome, Err(Undecided::Refused(refusal)));
    }

    /// It is to be decided again.
    pub(crate) fn again(self) {
        assert_eq!(self.outcome, Err(Undecided::DecideAgain));
    }
}

fn metadata() -> Metadata {
    Metadata {
        command: CommandId::new(Uuid::from_u128(1)),
        correlation: CorrelationId::new(Uuid::from_u128(2)),
        actor: Actor::system(),
    }
}

#[async_trait]
impl Log for Given {
    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<Stream>, StoreError> {
        Ok(ids.iter().map(|id| self.stream(id)).collect())
    }

    async fn alive(
        &mut self,
        lifespan: &Lifespan,
        establishment: &Uai,
    ) -> Result<Vec<StreamId>, StoreError> {
        let begun = self.0.iter().filter(|it| {
            it.establishment == *establishment
                && it.stream.aggregate_type == lifespan.aggregate_type
                && it.event.event_type() == lifespan.begins
        });
        let ended = |stream| {
            self.of(stream)
                .any(|it| lifespan.ends.contains(&it.event.event_type()))
        };
        let alive = begun.filter(|it| !ended(&it.stream));
        Ok(alive.map(|it| it.stream.clone()).collect())
    }

    async fn since(
        &mut self,
        establishments: &[Uai],
        (aggregate_type, event_type): (&'static str, &'static str),
    ) -> Result<Streams, StoreError> {
        let mut streams = Streams::new();
        for uai in establishments {
            let here = self.0.iter().filter(|it| it.establishment == *uai);
            let here: Vec<_> = here.collect();
            let last = here.iter().rposition(|it| {
                it.stream.aggregate_type == aggregate_type && it.event.event_type() == event_type
            });
            let since = here.iter().skip(last.map_or(0, |last| last + 1));
            for it in since.filter(|it| it.stream.aggregate_type != aggregate_type) {
                let stream = streams.entry(it.stream.clone()).or_default();
                stream.version = it.sequence;
                stream.events.push(it.event.clone());
            }
        }
        Ok(streams)
    }
}
