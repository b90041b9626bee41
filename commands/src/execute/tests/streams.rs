//! A database says what streams in memory say: what the tests of use cases rest on.

use domain::values::StaffRole;

use super::*;
use crate::{
    add_staff::AddStaff,
    delete_class::DeleteClass,
    given::{Given, student},
    open_school_years::{OpenSchoolYears, Opened},
    register_student::RegisterStudent,
    remove_staff::RemoveStaff,
    set_own_class::SetOwnClass,
};

/// The same actions on a database and on streams in memory: what the tests of use cases rest on.
#[tokio::test]
async fn a_database_says_what_streams_in_memory_say() {
    let commands = on(&empty().await);
    let mut given = Given::default();
    macro_rules! both {
        ($($use_case:expr),+ $(,)?) => {$(
            let use_case = $use_case;
            let done = commands.execute(&by(), &use_case).await.unwrap();
            assert_eq!(done, given.act(&use_case).unwrap());
        )+};
    }
    let join = |id| AddStaff {
        establishment: uai(),
        staff: person(id),
        role: StaffRole::MainTeacher,
    };
    let choose = |teacher, to| SetOwnClass {
        establishment: uai(),
        teacher: person(teacher),
        class: Some(class(to)),
    };
    let sign_up = |id, to: Option<u128>| RegisterStudent {
        establishment: uai(),
        student: student(id),
        class: to.map(class),
    };
    let open = |start| OpenSchoolYears {
        establishments: vec![uai()],
        school_year: year(start),
    };
    both!(import(), register(), create(1), create(2), create(3));
    both!(join(2), join(3), choose(2, 1), choose(3, 2), choose(2, 3));
    let delete = DeleteClass {
        establishment: uai(),
        class: class(1),
        expected_versions: None,
    };
    let remove = RemoveStaff {
        establishment: uai(),
        staff: person(2),
    };
    both!(delete, remove, sign_up(1, Some(2)), sign_up(2, None));
    both!(open(2027), sign_up(3, None));
    let opened = commands.execute(&by(), &open(2028)).await.unwrap();
    let expected = Opened {
        establishment: uai(),
        classes: 0,
        students: 1,
        invitations: 0,
    };
    assert_eq!(opened, [expected]);
    assert_eq!(opened, given.act(&open(2028)).unwrap());
    let said = |records: Vec<EventRecord>| {
        let mut said: Vec<_> = records
            .into_iter()
            .map(|it| (it.stream, it.sequence, it.event, it.establishment))
            .collect();
        said.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        said
    };
    let log = log(&commands).await;
    let log = log.into_iter().map(|it| it.record).collect();
    assert_eq!(said(log), said(given.records()));
}
