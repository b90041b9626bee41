//! Loading what a use case decides on.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use async_trait::async_trait;
use cqrs_es::Aggregate;
use domain::{
    class::Class,
    establishment::Establishment,
    ids::{ClassId, StudentId},
    student::Student,
    values::Uai,
};
use store::{Lifespan, StoreError, Stream, StreamId, Streams, Writer};

use crate::recent_classes::{RecentClasses, Remembered};
use crate::work::{Loaded, Root, Work};

/// The life of a class.
const CLASS: Lifespan = Lifespan {
    aggregate_type: Class::TYPE,
    begins: "ClassCreated",
    ends: &["ClassDeleted", "ClassPurged"],
};

/// What begins a school year in an establishment's stream.
const YEAR_BEGINS: (&str, &str) = (Establishment::TYPE, "SchoolYearOpened");

/// What streams are read from.
#[async_trait]
pub(crate) trait Log: Send {
    /// These streams, in this order; one without events is empty.
    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<Stream>, StoreError>;

    /// The streams in an establishment that have begun and not ended.
    async fn alive(
        &mut self,
        lifespan: &Lifespan,
        establishment: &Uai,
    ) -> Result<Vec<StreamId>, StoreError>;

    /// The streams with events in these establishments since the last one of this type there.
    async fn since(
        &mut self,
        establishments: &[Uai],
        last: (&'static str, &'static str),
    ) -> Result<Streams, StoreError>;
}

#[async_trait]
impl Log for Writer {
    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<Stream>, StoreError> {
        self.load(ids).await
    }

    async fn alive(
        &mut self,
        lifespan: &Lifespan,
        establishment: &Uai,
    ) -> Result<Vec<StreamId>, StoreError> {
        Self::alive(self, lifespan, establishment).await
    }

    async fn since(
        &mut self,
        establishments: &[Uai],
        last: (&'static str, &'static str),
    ) -> Result<Streams, StoreError> {
        self.load_since(establishments, last).await
    }
}

/// Loads the aggregates of one attempt at a use case, classes from memory where it may.
pub struct Loader<'l> {
    log: &'l mut dyn Log,
    recent: Option<&'l RecentClasses>,
    remembered: BTreeSet<ClassId>,
    work: Work,
}

/// The aggregates to load together, in one round trip.
#[derive(Default)]
pub struct Wanted {
    pub establishments: Vec<Uai>,
    pub classes: Vec<ClassId>,
    pub students: Vec<StudentId>,
    /// And then every open class of this one, see [`Loader::load_classes_of`].
    pub open_classes_of: Option<Uai>,
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

    /// One establishment, and every open class of it.
    #[must_use]
    pub fn establishment_with_classes(uai: &Uai) -> Self {
        Self {
            open_classes_of: Some(uai.clone()),
            ..Self::establishment(uai)
        }
    }

    /// A pupil, the establishment they come to, and their class there, if they said.
    pub(crate) fn arrival(uai: &Uai, student: StudentId, class: Option<ClassId>) -> Self {
        Self {
            classes: class.into_iter().collect(),
            students: vec![student],
            ..Self::establishment(uai)
        }
    }

    /// These classes.
    pub fn classes(classes: impl IntoIterator<Item = ClassId>) -> Self {
        Self {
            classes: classes.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl<'l> Loader<'l> {
    /// Begins an attempt; with `recent`, classes may come from memory.
    pub(crate) fn new(log: &'l mut dyn Log, recent: Option<&'l RecentClasses>) -> Self {
        Self {
            log,
            recent,
            remembered: BTreeSet::new(),
            work: Work::default(),
        }
    }

    /// What was loaded, and which classes of it come from memory.
    pub(crate) fn into_work(self) -> (Work, BTreeSet<ClassId>) {
        (self.work, self.remembered)
    }

    /// An aggregate that was loaded, if it exists: it may say what else to load.
    pub fn get<A: Root>(&self, id: &A::Id) -> Option<&A> {
        self.work.get(id)
    }

    /// Loads what is wanted and not held yet.
    pub async fn load(&mut self, mut wanted: Wanted) -> Result<(), StoreError> {
        self.recall(&wanted.classes);
        let open_classes_of = wanted.open_classes_of.take();
        self.load_from_log(wanted).await?;
        match open_classes_of {
            Some(establishment) => self.load_classes_of(&establishment).await,
            None => Ok(()),
        }
    }

    async fn load_from_log(&mut self, wanted: Wanted) -> Result<(), StoreError> {
        let establishments = missing::<Establishment>(&self.work, wanted.establishments);
        let classes = missing::<Class>(&self.work, wanted.classes);
        let students = missing::<Student>(&self.work, wanted.students);
        let ids: Vec<StreamId> = establishments
            .iter()
            .map(StreamId::of::<Establishment>)
            .chain(classes.iter().map(StreamId::of::<Class>))
            .chain(students.iter().map(StreamId::of::<Student>))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut streams = self.log.streams(&ids).await?.into_iter();
        hold::<Establishment>(&mut self.work, establishments, &mut streams);
        hold::<Class>(&mut self.work, classes, &mut streams);
        hold::<Student>(&mut self.work, students, &mut streams);
        Ok(())
    }

    /// Loads every open class of an establishment that is not held yet, all as of one instant.
    ///
    /// They come from the log, never from memory: what is decided from not finding somebody in any
    /// of them appends to none, and would prove none. A class held from memory beforehand stays as
    /// it is; unless something is decided on it too, the action is decided again without memory.
    pub async fn load_classes_of(&mut self, establishment: &Uai) -> Result<(), StoreError> {
        let open = self.log.alive(&CLASS, establishment).await?;
        let classes: Result<Vec<_>, _> = open.iter().map(StreamId::id).collect();
        self.load_from_log(Wanted::classes(classes?)).await
    }

    /// Loads establishments with every class and every pupil that is in them: whoever is there came after
    /// the present school year began. What is held already stays as it is.
    ///
    /// A class is loaded whole. A pupil who was elsewhere before comes with the events since they arrived,
    /// which their state follows from; there may also be some of pupils who are no longer there.
    pub async fn load_school_years(&mut self, establishments: &[Uai]) -> Result<(), StoreError> {
        self.load_from_log(Wanted {
            establishments: establishments.to_vec(),
            ..Wanted::default()
        })
        .await?;
        for (id, stream) in self.log.since(establishments, YEAR_BEGINS).await? {
            if id.aggregate_type == Class::TYPE {
                take_in::<Class>(&mut self.work, &id, stream)?;
            } else if id.aggregate_type == Student::TYPE {
                take_in::<Student>(&mut self.work, &id, stream)?;
            }
        }
        Ok(())
    }

    fn recall(&mut self, classes: &[ClassId]) {
        let Some(recent) = self.recent else {
            return;
        };
        for id in classes {
            if !self.work.classes.contains_key(id)
                && let Some(Remembered { version, state }) = recent.get(*id)
            {
                let class = Loaded::remembered(version, state);
                self.work.classes.insert(*id, class);
                self.remembered.insert(*id);
            }
        }
    }
}

fn missing<A: Root>(work: &Work, mut ids: Vec<A::Id>) -> Vec<A::Id> {
    ids.sort();
    ids.dedup();
    ids.retain(|id| !A::held(work).contains_key(id));
    ids
}

fn hold<A: Root>(work: &mut Work, ids: Vec<A::Id>, streams: &mut impl Iterator<Item = Stream>) {
    let held = A::held_mut(work);
    for (id, stream) in ids.into_iter().zip(streams) {
        held.insert(id, Loaded::new(stream));
    }
}

/// Holds an aggregate of which a stream was loaded, unless it is held already.
fn take_in<A: Root<Id: FromStr<Err: Display>>>(
    work: &mut Work,
    id: &StreamId,
    stream: Stream,
) -> Result<(), StoreError> {
    A::held_mut(work)
        .entry(id.id()?)
        .or_insert_with(|| Loaded::new(stream));
    Ok(())
}
