//! Whom and what an event is about.

use domain::{
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, PersonId, StudentId},
    student::StudentEvent,
};
use store::{EventRecord, StoreError};

/// The ids that stand in an event and in the name of its stream, its actor's aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// The class it is about.
    pub(super) class: Option<ClassId>,
    /// The other class, where a pupil or a teacher changes: the one they come from or go to.
    pub(super) other_class: Option<ClassId>,
    /// The pupil it is about.
    pub(super) student: Option<StudentId>,
    /// The members of staff it is about.
    pub(super) staff: Vec<PersonId>,
}

impl Mentions {
    pub(super) fn of(record: &EventRecord) -> Result<Self, StoreError> {
        Ok(match &record.event {
            Event::Establishment(event) => Self::of_establishment(event),
            Event::Class(event) => Self {
                class: Some(record.stream.id()?),
                ..Self::of_class(event)
            },
            Event::Student(event) => Self {
                student: Some(record.stream.id()?),
                ..Self::of_student(event)
            },
        })
    }

    fn of_establishment(event: &EstablishmentEvent) -> Self {
        let staff = match event {
            EstablishmentEvent::EstablishmentRegistered { head, .. } => vec![*head],
            EstablishmentEvent::HeadReplaced { head, previous } => vec![*head, *previous],
            EstablishmentEvent::StaffJoined { staff, .. }
            | EstablishmentEvent::StaffLeft { staff }
            | EstablishmentEvent::StaffErased { staff } => vec![*staff],
            EstablishmentEvent::StaffInvited { class, .. } => {
                return Self {
                    class: *class,
                    ..Self::default()
                };
            }
            EstablishmentEvent::EstablishmentListed { .. }
            | EstablishmentEvent::EstablishmentRelisted { .. }
            | EstablishmentEvent::EligibilityDecided { .. }
            | EstablishmentEvent::InvitationRevoked { .. }
            | EstablishmentEvent::SchoolYearOpened { .. } => Vec::new(),
        };
        Self {
            staff,
            ..Self::default()
        }
    }

    fn of_class(event: &ClassEvent) -> Self {
        let (student, staff, other_class) = match event {
            ClassEvent::StudentAdmitted { student, from } => (Some(*student), vec![], *from),
            ClassEvent::StudentWithdrawn { student, to } => (Some(*student), vec![], *to),
            ClassEvent::MainTeacherAssigned { teacher, from } => (None, vec![*teacher], *from),
            ClassEvent::MainTeacherUnassigned { teacher } => (None, vec![*teacher], None),
            ClassEvent::ClassCreated { .. }
            | ClassEvent::ClassRenamed { .. }
            | ClassEvent::ClassTrackChanged { .. }
            | ClassEvent::ClassDeleted {}
            | ClassEvent::ClassPurged { .. } => (None, vec![], None),
        };
        Self {
            class: None,
            other_class,
            student,
            staff,
        }
    }

    fn of_student(event: &StudentEvent) -> Self {
        let (class, other_class) = match event {
            StudentEvent::StudentAssigned { class } => (Some(*class), None),
            StudentEvent::StudentMoved { from, to } => (Some(*to), Some(*from)),
            StudentEvent::StudentRejected { from, .. }
            | StudentEvent::StudentReleased { from, .. } => (*from, None),
            StudentEvent::StudentRegistered { .. }
            | StudentEvent::StudentRejoined { .. }
            | StudentEvent::StudentErased {} => (None, None),
        };
        Self {
            class,
            other_class,
            ..Self::default()
        }
    }
}
