use serde::{Deserialize, Serialize};

use crate::aggregate::event_kinds;
use crate::ids::{ClassId, PersonId, StudentId};
use crate::values::{ClassName, SchoolYear, Track, Uai};

/// What happened to a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassEvent {
    /// Staff opened the class.
    ClassCreated {
        establishment: Uai,
        school_year: SchoolYear,
        name: ClassName,
        track: Track,
    },
    /// Staff gave it another name.
    ClassRenamed {
        name: ClassName,
        previous: ClassName,
    },
    /// Staff gave it another track.
    ClassTrackChanged { track: Track, previous: Track },
    /// A pupil joined the class.
    StudentAdmitted {
        student: StudentId,
        /// The class they left for it, if they had one.
        from: Option<ClassId>,
    },
    /// A pupil left the class.
    StudentWithdrawn {
        student: StudentId,
        /// The class they went to, if any.
        to: Option<ClassId>,
    },
    /// A teacher became one of the class's main teachers.
    MainTeacherAssigned {
        teacher: PersonId,
        /// The class they left for it, if they had one.
        from: Option<ClassId>,
    },
    /// A teacher is no longer one of its main teachers.
    MainTeacherUnassigned { teacher: PersonId },
    /// Staff deleted the class, which was empty.
    ClassDeleted {},
    /// The yearly reset removed the class, whoever was in it.
    ClassPurged {
        /// The year that the reset opened.
        school_year: SchoolYear,
    },
}

event_kinds!(ClassEvent {
    ClassCreated "1.0",
    ClassRenamed "1.0",
    ClassTrackChanged "1.0",
    StudentAdmitted "1.0",
    StudentWithdrawn "1.0",
    MainTeacherAssigned "1.1",
    MainTeacherUnassigned "1.0",
    ClassDeleted "1.0",
    ClassPurged "1.0",
});

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use uuid::Uuid;

    use super::*;
    use crate::event::tests::assert_complete;

    fn samples() -> Vec<ClassEvent> {
        let name = |text| ClassName::parse(text).unwrap();
        let class = ClassId::new(Uuid::from_u128(0xc1));
        let student = StudentId::new(Uuid::from_u128(0x51));
        let teacher = PersonId::new(Uuid::from_u128(0x71));
        let school_year = SchoolYear::starting(2026).unwrap();
        vec![
            ClassEvent::ClassCreated {
                establishment: Uai::parse("0132572A").unwrap(),
                school_year,
                name: name("3e A"),
                track: Track::TroisiemeGenerale,
            },
            ClassEvent::ClassRenamed {
                name: name("3e Étoile"),
                previous: name("3e A"),
            },
            ClassEvent::ClassTrackChanged {
                track: Track::TroisiemeSegpa,
                previous: Track::TroisiemePrepaMetiers,
            },
            ClassEvent::StudentAdmitted {
                student,
                from: Some(class),
            },
            ClassEvent::StudentWithdrawn { student, to: None },
            ClassEvent::MainTeacherAssigned {
                teacher,
                from: Some(class),
            },
            ClassEvent::MainTeacherUnassigned { teacher },
            ClassEvent::ClassDeleted {},
            ClassEvent::ClassPurged { school_year },
        ]
    }

    /// What is in the log stays there: a payload that reads otherwise than the one pinned here
    /// is another version of the event and needs an upcaster, never a new snapshot alone.
    #[test]
    fn the_json_of_every_event_is_pinned() {
        let samples = samples();
        assert_complete(ClassEvent::KINDS, &samples);
        for event in samples {
            let json = serde_json::to_string(&event).unwrap();
            match event {
                ClassEvent::ClassCreated { .. } => assert_snapshot!(
                    json,
                    @r#"{"ClassCreated":{"establishment":"0132572A","school_year":2026,"name":"3e A","track":"troisieme_generale"}}"#
                ),
                ClassEvent::ClassRenamed { .. } => assert_snapshot!(
                    json,
                    @r#"{"ClassRenamed":{"name":"3e Étoile","previous":"3e A"}}"#
                ),
                ClassEvent::ClassTrackChanged { .. } => assert_snapshot!(
                    json,
                    @r#"{"ClassTrackChanged":{"track":"troisieme_segpa","previous":"troisieme_prepa_metiers"}}"#
                ),
                ClassEvent::StudentAdmitted { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentAdmitted":{"student":"00000000-0000-0000-0000-000000000051","from":"00000000-0000-0000-0000-0000000000c1"}}"#
                ),
                ClassEvent::StudentWithdrawn { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentWithdrawn":{"student":"00000000-0000-0000-0000-000000000051","to":null}}"#
                ),
                ClassEvent::MainTeacherAssigned { .. } => assert_snapshot!(
                    json,
                    @r#"{"MainTeacherAssigned":{"teacher":"00000000-0000-0000-0000-000000000071","from":"00000000-0000-0000-0000-0000000000c1"}}"#
                ),
                ClassEvent::MainTeacherUnassigned { .. } => assert_snapshot!(
                    json,
                    @r#"{"MainTeacherUnassigned":{"teacher":"00000000-0000-0000-0000-000000000071"}}"#
                ),
                ClassEvent::ClassDeleted {} => assert_snapshot!(
                    json,
                    @r#"{"ClassDeleted":{}}"#
                ),
                ClassEvent::ClassPurged { .. } => assert_snapshot!(
                    json,
                    @r#"{"ClassPurged":{"school_year":2026}}"#
                ),
            }
        }
    }
}
