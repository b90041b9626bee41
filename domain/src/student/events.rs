use serde::{Deserialize, Serialize};

use crate::aggregate::event_kinds;
use crate::ids::ClassId;
use crate::values::{SchoolYear, Uai};

/// What happened to a pupil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StudentEvent {
    /// The pupil signed up.
    StudentRegistered {
        establishment: Uai,
        school_year: SchoolYear,
    },
    /// The pupil, who had none, got a class.
    StudentAssigned { class: ClassId },
    /// The pupil changed class.
    StudentMoved { from: ClassId, to: ClassId },
    /// Staff said that the pupil is not of their establishment.
    StudentRejected {
        establishment: Uai,
        from: Option<ClassId>,
    },
    /// The pupil joined an establishment again, after a rejection or for a new year.
    StudentRejoined {
        establishment: Uai,
        school_year: SchoolYear,
    },
    /// The yearly reset let the pupil go.
    StudentReleased {
        establishment: Uai,
        from: Option<ClassId>,
        /// The year that the reset opened.
        school_year: SchoolYear,
    },
    /// The pupil's personal data were erased.
    StudentErased {},
}

event_kinds!(StudentEvent {
    StudentRegistered "1.0",
    StudentAssigned "1.0",
    StudentMoved "1.0",
    StudentRejected "1.0",
    StudentRejoined "1.0",
    StudentReleased "1.0",
    StudentErased "1.0",
});

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use uuid::Uuid;

    use super::*;
    use crate::event::tests::assert_complete;

    fn samples() -> Vec<StudentEvent> {
        let class = ClassId::new(Uuid::from_u128(0xc1));
        let other = ClassId::new(Uuid::from_u128(0xc2));
        let establishment = Uai::parse("0132572A").unwrap();
        let school_year = SchoolYear::starting(2026).unwrap();
        vec![
            StudentEvent::StudentRegistered {
                establishment: establishment.clone(),
                school_year,
            },
            StudentEvent::StudentAssigned { class },
            StudentEvent::StudentMoved {
                from: class,
                to: other,
            },
            StudentEvent::StudentRejected {
                establishment: establishment.clone(),
                from: None,
            },
            StudentEvent::StudentRejoined {
                establishment: establishment.clone(),
                school_year,
            },
            StudentEvent::StudentReleased {
                establishment,
                from: Some(other),
                school_year,
            },
            StudentEvent::StudentErased {},
        ]
    }

    /// What is in the log stays there: a payload that reads otherwise than the one pinned here
    /// is another version of the event and needs an upcaster, never a new snapshot alone.
    #[test]
    fn the_json_of_every_event_is_pinned() {
        let samples = samples();
        assert_complete(StudentEvent::KINDS, &samples);
        for event in samples {
            let json = serde_json::to_string(&event).unwrap();
            match event {
                StudentEvent::StudentRegistered { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentRegistered":{"establishment":"0132572A","school_year":2026}}"#
                ),
                StudentEvent::StudentAssigned { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentAssigned":{"class":"00000000-0000-0000-0000-0000000000c1"}}"#
                ),
                StudentEvent::StudentMoved { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentMoved":{"from":"00000000-0000-0000-0000-0000000000c1","to":"00000000-0000-0000-0000-0000000000c2"}}"#
                ),
                StudentEvent::StudentRejected { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentRejected":{"establishment":"0132572A","from":null}}"#
                ),
                StudentEvent::StudentRejoined { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentRejoined":{"establishment":"0132572A","school_year":2026}}"#
                ),
                StudentEvent::StudentReleased { .. } => assert_snapshot!(
                    json,
                    @r#"{"StudentReleased":{"establishment":"0132572A","from":"00000000-0000-0000-0000-0000000000c2","school_year":2026}}"#
                ),
                StudentEvent::StudentErased {} => assert_snapshot!(
                    json,
                    @r#"{"StudentErased":{}}"#
                ),
            }
        }
    }
}
