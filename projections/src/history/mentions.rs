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
    pub(super) student: Option<StudentId>,
    pub(super) staff: Vec<PersonId>,
}

impl Mentions {
    pub(super) fn of(record: &EventRecord) -> Result<Self, StoreError> {
        let mut mentions = Self::default();
        match &record.event {
            Event::Establishment(event) => mentions.of_establishment(event),
            Event::Class(event) => {
                mentions.class = Some(record.stream.id()?);
                mentions.of_class(event);
            }
            Event::Student(event) => {
                mentions.student = Some(record.stream.id()?);
                mentions.of_student(event);
            }
        }
        Ok(mentions)
    }

    fn of_establishment(&mut self, event: &EstablishmentEvent) {
        match event {
            EstablishmentEvent::EstablishmentRegistered { head, .. } => self.staff.push(*head),
            EstablishmentEvent::HeadReplaced { head, previous } => {
                self.staff.extend([head, previous]);
            }
            EstablishmentEvent::StaffJoined { staff, .. }
            | EstablishmentEvent::StaffLeft { staff }
            | EstablishmentEvent::StaffErased { staff } => self.staff.push(*staff),
            EstablishmentEvent::StaffInvited { class, .. } => self.class = *class,
            EstablishmentEvent::EstablishmentListed { .. }
            | EstablishmentEvent::EstablishmentRelisted { .. }
            | EstablishmentEvent::EligibilityDecided { .. }
            | EstablishmentEvent::InvitationRevoked { .. }
            | EstablishmentEvent::SchoolYearOpened { .. } => {}
        }
    }

    fn of_class(&mut self, event: &ClassEvent) {
        match event {
            ClassEvent::StudentAdmitted {
                student,
                from: other,
            }
            | ClassEvent::StudentWithdrawn { student, to: other } => {
                self.student = Some(*student);
                self.other_class = *other;
            }
            ClassEvent::MainTeacherAssigned { teacher, from } => {
                self.staff.push(*teacher);
                self.other_class = *from;
            }
            ClassEvent::MainTeacherUnassigned { teacher } => self.staff.push(*teacher),
            ClassEvent::ClassCreated { .. }
            | ClassEvent::ClassRenamed { .. }
            | ClassEvent::ClassTrackChanged { .. }
            | ClassEvent::ClassDeleted {}
            | ClassEvent::ClassPurged { .. } => {}
        }
    }

    fn of_student(&mut self, event: &StudentEvent) {
        match event {
            StudentEvent::StudentAssigned { class } => self.class = Some(*class),
            StudentEvent::StudentMoved { from, to } => {
                self.class = Some(*to);
                self.other_class = Some(*from);
            }
            StudentEvent::StudentRejected { from, .. }
            | StudentEvent::StudentReleased { from, .. } => self.class = *from,
            StudentEvent::StudentRegistered { .. }
            | StudentEvent::StudentRejoined { .. }
            | StudentEvent::StudentErased {} => {}
        }
    }
}
