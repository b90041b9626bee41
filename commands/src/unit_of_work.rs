//! The unit of work: the aggregates that one action touches, and what they decided.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cqrs_es::{Aggregate, event_sink::EventSink};
use domain::{
    actor::Metadata,
    class::Class,
    establishment::Establishment,
    event::Event,
    ids::{ClassId, StudentId},
    student::Student,
    values::Uai,
};
use store::{Append, EventRecord, Guard, StoreError, Stream, StreamId, Writer};

use crate::recent_classes::{RecentClasses, Remembered};

/// An aggregate that a unit of work can hold.
pub trait Root: Aggregate<Services = (), Event: Into<Event> + TryFrom<Event>> {
    /// Its typed id.
    type Id: Ord + Clone + Display + Send + Sync;

    /// The establishment that an event decided in this state concerns.
    fn concerns(&self, id: &Self::Id) -> Option<Uai>;

    /// Where the unit of work keeps aggregates of this type.
    fn held(work: &UnitOfWork) -> &Held<Self>;

    /// The same, to change.
    fn held_mut(work: &mut UnitOfWork) -> &mut Held<Self>;
}

/// The aggregates of one type that a unit of work holds.
pub type Held<A> = BTreeMap<<A as Root>::Id, Loaded<A>>;

/// An aggregate as it was loaded, then as its decisions made it.
pub struct Loaded<A: Root> {
    state: A,
    version: u64,
    decided: Vec<(Uai, A::Event)>,
    guarded: bool,
    remembered: bool,
}

/// What one attempt at a use case loaded and decided. Nothing is written until it is appended.
pub struct UnitOfWork {
    writer: Writer,
    recent: Option<Arc<RecentClasses>>,
    establishments: Held<Establishment>,
    classes: Held<Class>,
    students: Held<Student>,
}

/// The aggregates to load together, in one round trip.
#[derive(Default)]
pub struct Wanted {
    /// Establishments.
    pub establishments: Vec<Uai>,
    /// Classes.
    pub classes: Vec<ClassId>,
    /// Pupils.
    pub students: Vec<StudentId>,
}

/// Who and what is in an establishment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// Its open classes.
    pub classes: Vec<ClassId>,
    /// Its pupils, with a class or without.
    pub students: Vec<StudentId>,
}

impl Wanted {
    /// One establishment.
    #[must_use]
    pub fn establishment(uai: &Uai) -> Self {
        Self {
            establishments: vec![uai.clone()],
            ..Self::default()
        }
    }

    /// Classes.
    pub fn classes(classes: impl IntoIterator<Item = ClassId>) -> Self {
        Self {
            classes: classes.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl UnitOfWork {
    /// Begins an attempt; with `recent`, classes may come from memory.
    pub(crate) fn new(writer: Writer, recent: Option<Arc<RecentClasses>>) -> Self {
        Self {
            writer,
            recent,
            establishments: BTreeMap::new(),
            classes: BTreeMap::new(),
            students: BTreeMap::new(),
        }
    }

    /// Loads what is wanted and not held yet.
    ///
    /// # Errors
    ///
    /// The database's, or a stream that cannot be read.
    pub async fn load(&mut self, wanted: Wanted) -> Result<(), StoreError> {
        self.recall(&wanted.classes);
        self.load_from_log(wanted).await
    }

    async fn load_from_log(&mut self, wanted: Wanted) -> Result<(), StoreError> {
        let establishments = missing::<Establishment>(self, wanted.establishments);
        let classes = missing::<Class>(self, wanted.classes);
        let students = missing::<Student>(self, wanted.students);
        let ids: Vec<StreamId> = establishments
            .iter()
            .map(StreamId::of::<Establishment>)
            .chain(classes.iter().map(StreamId::of::<Class>))
            .chain(students.iter().map(StreamId::of::<Student>))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut streams = self.writer.load(&ids).await?.into_iter();
        hold::<Establishment>(self, establishments, &mut streams);
        hold::<Class>(self, classes, &mut streams);
        hold::<Student>(self, students, &mut streams);
        Ok(())
    }

    /// Loads every open class of an establishment that is not held yet, all as of one instant, and
    /// says which there are.
    ///
    /// They come from the log, never from memory: what is decided from not finding somebody in any
    /// of them appends to none, and would prove none. A class held from memory beforehand stays as
    /// it is; unless something is decided on it too, the action is decided again without memory.
    ///
    /// # Errors
    ///
    /// As [`UnitOfWork::load`].
    pub async fn load_classes_of(
        &mut self,
        establishment: &Uai,
    ) -> Result<Vec<ClassId>, StoreError> {
        let open = self.writer.open_classes(establishment).await?;
        self.load_from_log(Wanted::classes(open.iter().copied()))
            .await?;
        Ok(open)
    }

    /// Loads establishments with every class and every pupil that is in them, and says which there are.
    /// What is held already stays as it is.
    ///
    /// # Errors
    ///
    /// As [`UnitOfWork::load`].
    pub async fn load_school_years(
        &mut self,
        establishments: &[Uai],
    ) -> Result<BTreeMap<Uai, Present>, StoreError> {
        self.load_from_log(Wanted {
            establishments: establishments.to_vec(),
            ..Wanted::default()
        })
        .await?;
        for (id, stream) in self.writer.load_school_years(establishments).await? {
            if id.aggregate_type == Class::TYPE {
                take_in::<Class>(self, &id, stream)?;
            } else if id.aggregate_type == Student::TYPE {
                take_in::<Student>(self, &id, stream)?;
            }
        }
        Ok(self.present())
    }

    /// Who and what is in an establishment, among the aggregates that are held.
    fn present(&self) -> BTreeMap<Uai, Present> {
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

    fn recall(&mut self, classes: &[ClassId]) {
        let Some(recent) = &self.recent else {
            return;
        };
        for id in classes {
            if !self.classes.contains_key(id)
                && let Some(Remembered { version, state }) = recent.get(*id)
            {
                self.classes.insert(
                    *id,
                    Loaded {
                        state,
                        version,
                        decided: Vec::new(),
                        guarded: false,
                        remembered: true,
                    },
                );
            }
        }
    }

    /// Whether something was decided on a class from memory.
    pub(crate) fn used_memory(&self) -> bool {
        self.classes.values().any(|class| class.remembered)
    }

    /// Whether appending what was decided proves every class from memory to be up to date.
    pub(crate) fn proves_memory(&self) -> bool {
        self.classes
            .values()
            .all(|class| !class.remembered || class.guarded || !class.decided.is_empty())
    }

    /// An aggregate as it stands in this unit of work; nothing when it does not exist, or was not
    /// loaded.
    pub fn get<A: Root>(&self, id: &A::Id) -> Option<&A> {
        A::held(self)
            .get(id)
            .filter(|held| held.version > 0 || !held.decided.is_empty())
            .map(|held| &held.state)
    }

    /// Lets an aggregate that was loaded handle a command. What it decides shows at once in
    /// [`UnitOfWork::get`].
    ///
    /// # Errors
    ///
    /// The aggregate's refusal.
    pub async fn handle<A: Root>(
        &mut self,
        id: &A::Id,
        command: A::Command,
    ) -> Result<(), A::Error> {
        let held = A::held_mut(self)
            .entry(id.clone())
            .or_insert_with(|| Loaded::new(Stream::default()));
        let before = held.state.concerns(id);
        let sink = EventSink::default();
        held.state.handle(command, &(), &sink).await?;
        let Some(establishment) = before.or_else(|| held.state.concerns(id)) else {
            return Ok(());
        };
        let decided = sink.collect().await;
        held.decided.extend(
            decided
                .into_iter()
                .map(|event| (establishment.clone(), event)),
        );
        Ok(())
    }

    /// Whether anything was decided.
    pub(crate) fn decided(&self) -> bool {
        decided(&self.establishments) || decided(&self.classes) || decided(&self.students)
    }

    /// Makes the action depend on an aggregate that it only looks at: should that one change before
    /// the commit, everything is decided again.
    pub fn rely_on<A: Root>(&mut self, id: &A::Id) {
        if let Some(held) = A::held_mut(self).get_mut(id) {
            held.guarded = true;
        }
    }

    /// The writer, what to append with it, and the classes as they will then stand.
    pub(crate) fn into_append(
        mut self,
        metadata: Metadata,
        recorded_at: DateTime<Utc>,
    ) -> (Writer, Append, Vec<(ClassId, Remembered)>) {
        let mut append = Append::default();
        take_decided(&mut self.establishments, metadata, recorded_at, &mut append);
        take_decided(&mut self.classes, metadata, recorded_at, &mut append);
        take_decided(&mut self.students, metadata, recorded_at, &mut append);
        let classes = self.classes.into_iter().map(|(id, class)| {
            let Loaded { version, state, .. } = class;
            (id, Remembered { version, state })
        });
        (self.writer, append, classes.collect())
    }
}

impl<A: Root> Loaded<A> {
    fn new(stream: Stream) -> Self {
        let version = stream.version;
        let mut state = A::default();
        for event in stream.events {
            // `Event::decode` chose the variant by the aggregate type: it is always this one.
            if let Ok(event) = A::Event::try_from(event) {
                state.apply(event);
            }
        }
        Self {
            state,
            version,
            decided: Vec::new(),
            guarded: false,
            remembered: false,
        }
    }
}

fn missing<A: Root>(work: &UnitOfWork, mut ids: Vec<A::Id>) -> Vec<A::Id> {
    ids.sort();
    ids.dedup();
    ids.retain(|id| !A::held(work).contains_key(id));
    ids
}

fn hold<A: Root>(
    work: &mut UnitOfWork,
    ids: Vec<A::Id>,
    streams: &mut impl Iterator<Item = Stream>,
) {
    let held = A::held_mut(work);
    for (id, stream) in ids.into_iter().zip(streams) {
        held.insert(id, Loaded::new(stream));
    }
}

/// Holds an aggregate of which a stream was loaded, unless it is held already.
fn take_in<A: Root<Id: FromStr<Err: Display>>>(
    work: &mut UnitOfWork,
    id: &StreamId,
    stream: Stream,
) -> Result<(), StoreError> {
    let key = id
        .aggregate_id
        .parse()
        .map_err(|error| StoreError::Damaged {
            stream: id.to_string(),
            detail: format!("{error}"),
        })?;
    A::held_mut(work)
        .entry(key)
        .or_insert_with(|| Loaded::new(stream));
    Ok(())
}

fn decided<A: Root>(held: &Held<A>) -> bool {
    held.values().any(|aggregate| !aggregate.decided.is_empty())
}

/// Takes what was decided out of the aggregates, whose versions then count it.
fn take_decided<A: Root>(
    held: &mut Held<A>,
    metadata: Metadata,
    recorded_at: DateTime<Utc>,
    append: &mut Append,
) {
    for (id, aggregate) in held {
        let stream = StreamId::of::<A>(id);
        if aggregate.guarded && aggregate.decided.is_empty() {
            append.guards.push(Guard {
                stream: stream.clone(),
                version: aggregate.version,
            });
        }
        for (establishment, event) in aggregate.decided.drain(..) {
            aggregate.version += 1;
            append.events.push(EventRecord {
                stream: stream.clone(),
                sequence: aggregate.version,
                event: event.into(),
                metadata,
                recorded_at,
                establishment,
            });
        }
    }
}

impl Root for Establishment {
    type Id = Uai;

    fn concerns(&self, id: &Uai) -> Option<Uai> {
        Some(id.clone())
    }

    fn held(work: &UnitOfWork) -> &Held<Self> {
        &work.establishments
    }

    fn held_mut(work: &mut UnitOfWork) -> &mut Held<Self> {
        &mut work.establishments
    }
}

impl Root for Class {
    type Id = ClassId;

    fn concerns(&self, _: &ClassId) -> Option<Uai> {
        self.establishment.clone()
    }

    fn held(work: &UnitOfWork) -> &Held<Self> {
        &work.classes
    }

    fn held_mut(work: &mut UnitOfWork) -> &mut Held<Self> {
        &mut work.classes
    }
}

impl Root for Student {
    type Id = StudentId;

    /// Erasing a pupil who is in no establishment is the business of the last they were in.
    fn concerns(&self, _: &StudentId) -> Option<Uai> {
        if self.erased {
            self.last_establishment.clone()
        } else {
            self.establishment.clone()
        }
    }

    fn held(work: &UnitOfWork) -> &Held<Self> {
        &work.students
    }

    fn held_mut(work: &mut UnitOfWork) -> &mut Held<Self> {
        &mut work.students
    }
}
