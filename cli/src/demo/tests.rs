use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Timelike as _, Utc};
use domain::{
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::StudentId,
    student::StudentEvent,
    values::{Role, StaffRole},
};
use projections::classes;
use store::{Checkpoint, LoggedEvent, Store};

use super::{calendar::SchoolTime, clock, plan::Plan, seed, story};

/// The demo shows what the manual describes: whoever tries it must find two schools at work,
/// one still to be registered, and pupils who wait for a class.
#[test]
fn the_plan_is_what_the_demo_promises() {
    let plan = Plan::new().unwrap();
    let [first, second, third] = &plan.schools[..] else {
        panic!("three schools");
    };
    for school in [first, second] {
        assert_eq!(school.staff[0].role, StaffRole::Head);
        assert_eq!(school.staff.len(), 5);
        assert_eq!(school.classes.len(), 4);
        assert!((95..=105).contains(&school.pupils.len()));
        let without = school.pupils.iter().filter(|pupil| pupil.class.is_none());
        assert_eq!(without.count(), 5);
        let accounts = school.pupils.iter().filter(|pupil| pupil.email.is_some());
        assert_eq!(accounts.count(), 1);
    }
    assert!(third.staff.is_empty() && third.pupils.is_empty());
}

/// Two things with one id would become one in the log, and the rest of the demo would look
/// already seeded. Two people of one name would be taken for a fault.
#[test]
fn ids_names_and_addresses_are_distinct() {
    let plan = Plan::new().unwrap();
    let staff = || plan.schools.iter().flat_map(|school| &school.staff);
    let pupils = || plan.schools.iter().flat_map(|school| &school.pupils);
    let others = || plan.schools.iter().filter_map(|it| it.others.as_ref());
    let people = || {
        staff()
            .map(|member| &member.person)
            .chain(pupils().map(|pupil| &pupil.person))
            .chain(others().flat_map(|it| [&it.left, &it.stray, &it.invited.1]))
            .chain([&plan.administrator])
    };
    let classes = plan.schools.iter().flat_map(|school| &school.classes);
    let ids: BTreeSet<_> = people()
        .map(|person| person.id.as_uuid())
        .chain(classes.map(|class| class.id.as_uuid()))
        .collect();
    let names: BTreeSet<_> = people()
        .map(|person| (&person.last_name, &person.first_name))
        .collect();
    let emails: BTreeSet<_> = staff().map(|member| member.email.key()).collect();

    assert_eq!(ids.len(), people().count() + 8);
    assert_eq!(names.len(), people().count());
    assert_eq!(emails.len(), staff().count());
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
}

/// Staff sign up with an address of the domain of the school's mailbox: the demo's own accounts
/// must obey the rule it demonstrates. And nothing may ever be mailed to a real domain.
#[test]
fn staff_addresses_are_of_the_mailbox_domain() {
    for school in Plan::new().unwrap().schools {
        let mailbox = school.listing.mailbox.unwrap();
        assert!(mailbox.domain().rsplit('.').next() == Some("test"));
        for member in school.staff {
            assert_eq!(member.email.domain(), mailbox.domain());
        }
    }
}

/// Days on which somebody may start the demo: the first of a school year, early in it, on a Sunday, in the
/// night, in holidays, on both sides of the changes of the clock, in summer.
const STARTS: [&str; 10] = [
    "2026-08-31T22:30:00Z",
    "2026-09-01T08:00:00Z",
    "2026-09-04T15:00:00Z",
    "2026-10-25T00:30:00Z",
    "2026-11-28T16:00:00Z",
    "2027-02-28T23:30:00Z",
    "2027-03-28T01:30:00Z",
    "2027-07-06T03:00:00Z",
    "2027-08-15T12:00:00Z",
    "2027-08-31T12:00:00Z",
];

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Whatever day it is, what happened has happened, at hours when people are at work, one thing after the
/// other, and is the same in the same order.
#[test]
fn the_story_can_be_told_on_any_day() {
    let plan = Plan::new().unwrap();
    let mut told = HashSet::new();
    for start in STARTS {
        let now = instant(start);
        let acts = story::tell(&plan, &SchoolTime::until(now, clock()).unwrap());
        assert!(acts.windows(2).all(|two| two[0].at < two[1].at), "{start}");
        assert!(acts.iter().all(|act| act.at < now), "{start}");
        for act in &acts {
            let at = clock().at(act.at);
            let minutes = at.hour() * 60 + at.minute();
            assert!((8 * 60..=17 * 60 + 30).contains(&minutes), "{start}: {at}");
        }
        let ids: BTreeSet<_> = acts.iter().map(|act| act.id.as_uuid()).collect();
        assert_eq!(ids.len(), acts.len());
        told.insert(ids);
    }
    assert_eq!(told.len(), 1, "another story on another day");
}

/// The log of a demo that was started then, on a database of its own.
async fn log_of(now: DateTime<Utc>) -> (tempfile::TempDir, Store, Vec<LoggedEvent>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let store = Store::connect(&url, projections::all()).await.unwrap();
    store.migrate().await.unwrap();
    seed(&store, now).await.unwrap();
    let log = store.read_after(Checkpoint::default(), 5_000).await;
    (folder, store, log.unwrap())
}

/// Whoever opens the history of the demo finds in it what the manual describes, each thing done by whom it
/// would be; and the lists come to what the demo promises, whatever day it was started on.
#[tokio::test]
async fn the_log_holds_what_people_did() {
    for start in [
        "2026-09-01T06:00:00Z",
        "2027-02-28T12:00:00Z",
        "2027-08-15T12:00:00Z",
    ] {
        let (_folder, store, log) = log_of(instant(start)).await;
        let records: Vec<_> = log.into_iter().map(|event| event.record).collect();
        assert!(
            records
                .windows(2)
                .all(|two| two[0].recorded_at <= two[1].recorded_at)
        );
        let count = |is: fn(&Event) -> bool| records.iter().filter(|it| is(&it.event)).count();
        let left = |it: &Event| {
            matches!(
                it,
                Event::Establishment(EstablishmentEvent::StaffLeft { .. })
            )
        };
        assert_eq!(count(left), 2);
        let rejected =
            |it: &Event| matches!(it, Event::Student(StudentEvent::StudentRejected { .. }));
        assert_eq!(count(rejected), 2);
        let moved = |it: &Event| matches!(it, Event::Student(StudentEvent::StudentMoved { .. }));
        assert_eq!(count(moved), 6);
        let renamed = |it: &Event| matches!(it, Event::Class(ClassEvent::ClassRenamed { .. }));
        assert_eq!(count(renamed), 2);
        for record in &records {
            let actor = record.metadata.actor;
            match &record.event {
                Event::Establishment(EstablishmentEvent::EstablishmentListed { .. }) => {
                    assert_eq!(actor.role, Role::System);
                }
                Event::Student(StudentEvent::StudentRegistered { .. }) => {
                    let student: StudentId = record.stream.id().unwrap();
                    assert_eq!((actor.role, actor.id), (Role::Student, student.into()));
                }
                _ => assert_ne!(actor.role, Role::System, "{record:?}"),
            }
        }
        let mut reader = store.reader().await.unwrap();
        for school in Plan::new().unwrap().schools {
            let list = classes::list(&mut reader.conn(), &school.uai, None, 9)
                .await
                .unwrap();
            let shown: HashMap<_, _> = list.iter().map(|it| (it.id, it.student_count)).collect();
            for class in &school.classes {
                let pupils = school.pupils.iter().filter(|it| it.class == Some(class.id));
                assert_eq!(shown[&class.id], i64::try_from(pupils.count()).unwrap());
                assert!(list.iter().any(|it| it.name == class.name.as_str()));
            }
        }
    }
}

/// The run that is stopped half way, by Ctrl-C or a power cut, is completed by the next; the one after that
/// finds nothing to do.
#[tokio::test]
async fn what_was_interrupted_is_completed() {
    let now = instant("2026-11-28T16:00:00Z");
    let (_folder, _, whole) = log_of(now).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let store = Store::connect(&url, projections::all()).await.unwrap();
    store.migrate().await.unwrap();
    let plan = Plan::new().unwrap();
    let mut acts = story::tell(&plan, &SchoolTime::until(now, clock()).unwrap());
    acts.truncate(acts.len() / 2);
    super::seed::run(&store, &plan, acts).await.unwrap();
    for later in [now, now + chrono::TimeDelta::days(3)] {
        seed(&store, later).await.unwrap();
        let log = store
            .read_after(Checkpoint::default(), 5_000)
            .await
            .unwrap();
        let events = |log: &[LoggedEvent]| -> Vec<Event> {
            log.iter().map(|event| event.record.event.clone()).collect()
        };
        assert_eq!(events(&log), events(&whole));
    }
}
