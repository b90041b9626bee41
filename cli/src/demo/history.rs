//! What was already done, by the log: a class that somebody deleted since was created all the same,
//! and must not come back.

use std::collections::HashMap;

use domain::{
    class::{Class, ClassEvent},
    establishment::{Establishment, EstablishmentEvent},
    event::Event,
    ids::{ClassId, PersonId, StudentId},
    student::Student,
    values::Uai,
};
use store::{Store, StoreError, StreamId};

use super::{
    DemoError,
    plan::{Plan, SchoolPlan},
};

/// What happened so far to the things that the plan names.
pub(super) struct History {
    streams: HashMap<StreamId, Vec<Event>>,
    administrator: bool,
}

impl History {
    pub(super) async fn load(store: &Store, plan: &Plan) -> Result<Self, StoreError> {
        let ids: Vec<_> = plan.schools.iter().flat_map(streams).collect();
        let loaded = store.writer().await?.load(&ids).await?;
        let events = loaded.into_iter().map(|stream| stream.events);
        let mut reader = store.reader().await?;
        let administrator = store::fetch_optional!(
            &mut reader.conn(),
            (String,),
            "SELECT id FROM accounts WHERE email_key = $1",
            plan.administrator.email.key()
        )?;
        Ok(Self {
            streams: ids.into_iter().zip(events).collect(),
            administrator: administrator.is_some(),
        })
    }

    /// Whether the directory ever named this school.
    pub(super) fn listed(&self, uai: &Uai) -> bool {
        !self.events(&StreamId::of::<Establishment>(uai)).is_empty()
    }

    pub(super) fn registered(&self, uai: &Uai) -> bool {
        use EstablishmentEvent::EstablishmentRegistered;
        let mut events = self.events(&StreamId::of::<Establishment>(uai)).iter();
        events.any(|event| matches!(event, Event::Establishment(EstablishmentRegistered { .. })))
    }

    /// Whether this person ever joined the school's staff.
    pub(super) fn joined(&self, uai: &Uai, person: PersonId) -> bool {
        use EstablishmentEvent::StaffJoined;
        let mut events = self.events(&StreamId::of::<Establishment>(uai)).iter();
        events.any(|event| {
            matches!(event, Event::Establishment(StaffJoined { staff, .. }) if *staff == person)
        })
    }

    pub(super) fn created(&self, class: ClassId) -> bool {
        !self.events(&StreamId::of::<Class>(&class)).is_empty()
    }

    /// Whether the class was created and is gone.
    pub(super) fn gone(&self, class: ClassId) -> bool {
        use ClassEvent::{ClassDeleted, ClassPurged};
        let last = self.events(&StreamId::of::<Class>(&class)).last();
        matches!(
            last,
            Some(Event::Class(ClassDeleted {} | ClassPurged { .. }))
        )
    }

    pub(super) fn signed_up(&self, student: StudentId) -> bool {
        !self.events(&StreamId::of::<Student>(&student)).is_empty()
    }

    pub(super) fn has_administrator(&self) -> bool {
        self.administrator
    }

    fn events(&self, stream: &StreamId) -> &[Event] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }
}

fn streams(school: &SchoolPlan) -> Vec<StreamId> {
    let (classes, pupils) = (school.classes.iter(), school.pupils.iter());
    let mut streams = vec![StreamId::of::<Establishment>(&school.uai)];
    streams.extend(classes.map(|class| StreamId::of::<Class>(&class.id)));
    streams.extend(pupils.map(|pupil| StreamId::of::<Student>(&pupil.id())));
    streams
}

/// Refuses a directory that others filled: made-up pupils, and accounts whose password everybody
/// knows, have no place beside real ones.
pub(super) async fn refuse_other_data(store: &Store) -> Result<(), DemoError> {
    let mut reader = store.reader().await?;
    let other = store::fetch_optional!(
        &mut reader.conn(),
        (String, String),
        "SELECT uai, name FROM directory ORDER BY uai LIMIT 1"
    )?;
    match other {
        Some((uai, name)) => Err(DemoError::OtherData { uai, name }),
        None => Ok(()),
    }
}
