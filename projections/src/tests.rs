//! The read models whose rows depend on the order of events, replayed from a log cut everywhere.

use chrono::{DateTime, TimeDelta};
use domain::{
    actor::{Actor, Metadata},
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, CommandId, CorrelationId, InvitationId, PersonId},
    student::StudentEvent,
    values::{ClassName, SchoolYear, StaffRole, Track, Uai},
};
use store::{EventRecord, Store, StreamId, fetch_all};
use uuid::Uuid;

use crate::{classes::Classes, invitations::Invitations, resets::Resets, staff::Staff};

const UAI: &str = "9990001X";
const OTHER_UAI: &str = "9990002Y";

/// A log, as it is written down event by event.
#[derive(Default)]
struct Log(Vec<EventRecord>);

impl Log {
    fn push(&mut self, uai: &str, id: &impl ToString, event: impl Into<Event>) {
        let event = event.into();
        let minutes = i64::try_from(self.0.len()).unwrap();
        self.0.push(EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: id.to_string(),
            },
            sequence: 1,
            event,
            metadata: Metadata {
                command: CommandId::new(Uuid::nil()),
                correlation: CorrelationId::new(Uuid::nil()),
                actor: Actor::system(),
            },
            recorded_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes),
            establishment: Uai::parse(uai).unwrap(),
        });
    }

    fn class(&mut self, id: ClassId, event: ClassEvent) {
        self.push(UAI, &id, event);
    }

    /// A member of the staff goes from one class to another: the events in the order of the classes.
    fn goes(&mut self, teacher: PersonId, from: ClassId, to: ClassId) {
        let mut events = [
            (from, ClassEvent::MainTeacherUnassigned { teacher }),
            (
                to,
                ClassEvent::MainTeacherAssigned {
                    teacher,
                    from: Some(from),
                },
            ),
        ];
        events.sort_by_key(|(class, _)| *class);
        for (class, event) in events {
            self.class(class, event);
        }
    }

    fn invited(&mut self, uai: &str, invitation: u128, class: Option<ClassId>) {
        let event = EstablishmentEvent::StaffInvited {
            invitation: invitation_id(invitation),
            role: StaffRole::MainTeacher,
            class,
        };
        self.push(uai, &uai, event);
    }

    fn followed(&mut self, invitation: u128, staff: PersonId) {
        let event = EstablishmentEvent::StaffJoined {
            staff,
            role: StaffRole::MainTeacher,
            invitation: Some(invitation_id(invitation)),
        };
        self.push(UAI, &UAI, event);
    }

    fn year_opened(&mut self) {
        let school_year = SchoolYear::starting(2027).unwrap();
        self.push(
            UAI,
            &UAI,
            EstablishmentEvent::SchoolYearOpened { school_year },
        );
    }
}

fn class_id(id: u128) -> ClassId {
    ClassId::new(Uuid::from_u128(id))
}

fn person(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

fn invitation_id(id: u128) -> InvitationId {
    InvitationId::new(Uuid::from_u128(id))
}

/// Classes and who teaches them, invitations and the class they name, resets and what they counted.
type Tables = (
    Vec<(String, String)>,
    Vec<(String, Option<String>)>,
    Vec<(String, i64, i64)>,
);

/// What an empty database holds after these pieces of a log.
async fn replayed(pieces: &[&[EventRecord]]) -> Tables {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("replay.db").display());
    let store = Store::connect(&url, Vec::new()).await.unwrap();
    store.migrate().await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    for piece in pieces {
        transaction.project(&Classes, piece).await.unwrap();
        transaction.project(&Invitations, piece).await.unwrap();
        transaction.project(&Resets, piece).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let mut reader = store.reader().await.unwrap();
    let teachers = fetch_all!(
        &mut reader.conn(),
        (String, String),
        "SELECT class_id, staff_id FROM class_main_teachers ORDER BY 1, 2"
    );
    let invitations = fetch_all!(
        &mut reader.conn(),
        (String, Option<String>),
        "SELECT id, class_id FROM invitations ORDER BY 1"
    );
    let resets = fetch_all!(
        &mut reader.conn(),
        (String, i64, i64),
        "SELECT establishment, classes, students FROM resets ORDER BY 1"
    );
    drop(reader);
    store.close().await;
    (teachers.unwrap(), invitations.unwrap(), resets.unwrap())
}

/// The rows are the same whole, cut in two at any place, and event by event.
async fn expect_however_cut(log: &Log, expected: &Tables) {
    for cut in 0..=log.0.len() {
        let (before, after) = log.0.split_at(cut);
        assert_eq!(replayed(&[before, after]).await, *expected, "cut at {cut}");
    }
    let single: Vec<&[EventRecord]> = log.0.chunks(1).collect();
    assert_eq!(replayed(&single).await, *expected, "event by event");
}

/// A teacher who changes class leaves one and takes the other in one action, whose events stand in the
/// order of the classes: to the second before from the first, as often as not. One class per person
/// is an index, and it must not stop a replay that pauses between the two.
#[tokio::test]
async fn main_teachers_follow_from_a_log_cut_anywhere() {
    let (a, b, teacher, colleague) = (class_id(0xa), class_id(0xb), person(1), person(2));
    let mut log = Log::default();
    for (class, name) in [(a, "3e A"), (b, "3e B")] {
        let created = ClassEvent::ClassCreated {
            establishment: Uai::parse(UAI).unwrap(),
            school_year: SchoolYear::starting(2026).unwrap(),
            name: ClassName::parse(name).unwrap(),
            track: Track::TroisiemeGenerale,
        };
        log.class(class, created);
    }
    for (class, teacher) in [(a, teacher), (b, colleague)] {
        let from = None;
        log.class(class, ClassEvent::MainTeacherAssigned { teacher, from });
    }
    log.goes(teacher, a, b);
    log.goes(teacher, b, a);
    log.goes(teacher, a, b);
    log.goes(colleague, b, a);
    let expected = vec![
        (a.to_string(), colleague.to_string()),
        (b.to_string(), teacher.to_string()),
    ];
    expect_however_cut(&log, &(expected, Vec::new(), Vec::new())).await;
}

/// The head sees who has not answered yet. Followed, revoked or of a past year, an invitation is gone
/// from that list, and those of other schools stay.
#[tokio::test]
async fn invitations_follow_from_a_log_cut_anywhere() {
    let class = class_id(0xa);
    let mut log = Log::default();
    log.invited(UAI, 1, None);
    log.invited(OTHER_UAI, 2, None);
    log.year_opened();
    log.invited(UAI, 3, Some(class));
    log.invited(UAI, 4, None);
    log.invited(UAI, 5, None);
    log.followed(4, person(1));
    let invitation = invitation_id(5);
    log.push(
        UAI,
        &UAI,
        EstablishmentEvent::InvitationRevoked { invitation },
    );
    let expected = vec![
        (invitation_id(2).to_string(), None),
        (invitation_id(3).to_string(), Some(class.to_string())),
    ];
    let opened = vec![(UAI.to_owned(), 0, 0)];
    expect_however_cut(&log, &(Vec::new(), expected, opened)).await;
}

/// Somebody leaves one staff at the moment that they join another, and the log tells the second first. They
/// are where they went; and whoever leaves one after the other is on neither.
#[tokio::test]
async fn staff_is_where_it_joined_whatever_the_log_tells_first() {
    let joins = |log: &mut Log, uai: &str, staff| {
        let joined = EstablishmentEvent::StaffJoined {
            staff,
            role: StaffRole::Teacher,
            invitation: None,
        };
        log.push(uai, &uai, joined);
    };
    let leaves = |log: &mut Log, uai: &str, staff| {
        log.push(uai, &uai, EstablishmentEvent::StaffLeft { staff });
    };
    let (moved, gone) = (person(1), person(2));
    let mut log = Log::default();
    joins(&mut log, UAI, moved);
    joins(&mut log, UAI, gone);
    joins(&mut log, OTHER_UAI, moved);
    leaves(&mut log, UAI, moved);
    leaves(&mut log, UAI, gone);
    joins(&mut log, OTHER_UAI, gone);
    leaves(&mut log, OTHER_UAI, gone);
    for cut in 0..=log.0.len() {
        let (before, after) = log.0.split_at(cut);
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("replay.db").display());
        let store = Store::connect(&url, Vec::new()).await.unwrap();
        store.migrate().await.unwrap();
        let mut transaction = store.begin().await.unwrap();
        for piece in [before, after] {
            transaction.project(&Staff, piece).await.unwrap();
        }
        let sql = "SELECT staff_id, establishment FROM staff";
        let staff = fetch_all!(&mut transaction.conn(), (String, String), sql).unwrap();
        let expected = (moved.to_string(), OTHER_UAI.to_owned());
        assert_eq!(staff, [expected], "cut at {cut}");
    }
}

/// A rebuild pauses anywhere, in the middle of a school too. What a reset did there must be counted once
/// and wholly, or the history would tell of fewer pupils than left.
#[tokio::test]
async fn resets_follow_from_a_log_cut_anywhere() {
    let school_year = SchoolYear::starting(2027).unwrap();
    let mut log = Log::default();
    for class in [0xa, 0xb] {
        log.class(class_id(class), ClassEvent::ClassPurged { school_year });
    }
    log.year_opened();
    for (uai, pupil) in [(UAI, 1), (OTHER_UAI, 2), (UAI, 3), (UAI, 4)] {
        let released = StudentEvent::StudentReleased {
            establishment: Uai::parse(uai).unwrap(),
            from: None,
            school_year,
        };
        log.push(uai, &person(pupil), released);
    }
    let counted = vec![(UAI.to_owned(), 2, 3), (OTHER_UAI.to_owned(), 0, 1)];
    expect_however_cut(&log, &(Vec::new(), Vec::new(), counted)).await;
}
