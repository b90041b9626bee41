//! What holds of several aggregates together, whatever people do and in whatever order.

use std::collections::BTreeSet;

use domain::{
    class::Class,
    establishment::Establishment,
    student::Student,
    values::{StaffRole, Track},
};
use proptest::{collection::vec, option, prelude::*};

use crate::{
    add_staff::AddStaff,
    change_roster::{ChangeRoster, Destination, RosterChange},
    create_class::CreateClass,
    delete_class::DeleteClass,
    erase_student::EraseStudent,
    follow_invitation::FollowInvitation,
    given::{Given, class, invitation, name, person, student, uai, year},
    invite_staff::InviteStaff,
    open_school_years::OpenSchoolYears,
    register_student::RegisterStudent,
    rejoin_establishment::RejoinEstablishment,
    remove_staff::RemoveStaff,
    replace_head::ReplaceHead,
    set_own_class::SetOwnClass,
};

const CLASSES: std::ops::RangeInclusive<u128> = 1..=4;
const STUDENTS: std::ops::RangeInclusive<u128> = 1..=5;
const STAFF: std::ops::RangeInclusive<u128> = 1..=4;

/// What somebody does.
#[derive(Clone, Debug)]
enum Act {
    Create(u128),
    Delete(u128),
    Register(u128, Option<u128>),
    Rejoin(u128, Option<u128>),
    Roster(Vec<(u128, Option<u128>)>),
    Erase(u128),
    Join(u128),
    Remove(u128),
    ReplaceHead(u128),
    Choose(u128, Option<u128>),
    Invite(u128, StaffRole, Option<u128>),
    Follow(u128, u128),
    OpenYear(i32),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let in_class = || option::weighted(0.8, CLASSES);
    let changes = vec((STUDENTS, in_class()), 1..4);
    let role = prop_oneof![Just(StaffRole::MainTeacher), Just(StaffRole::Head)];
    let act = prop_oneof![
        4 => CLASSES.prop_map(Act::Create),
        2 => CLASSES.prop_map(Act::Delete),
        6 => (STUDENTS, in_class()).prop_map(|(student, to)| Act::Register(student, to)),
        2 => (STUDENTS, in_class()).prop_map(|(student, to)| Act::Rejoin(student, to)),
        6 => changes.prop_map(Act::Roster),
        1 => STUDENTS.prop_map(Act::Erase),
        3 => STAFF.prop_map(Act::Join),
        1 => STAFF.prop_map(Act::Remove),
        1 => STAFF.prop_map(Act::ReplaceHead),
        4 => (STAFF, in_class()).prop_map(|(staff, to)| Act::Choose(staff, to)),
        2 => (1..=3_u128, role, in_class()).prop_map(|(id, role, to)| Act::Invite(id, role, to)),
        2 => (1..=3_u128, STAFF).prop_map(|(id, staff)| Act::Follow(id, staff)),
        1 => (2026..2029).prop_map(Act::OpenYear),
    ];
    vec(act, 1..40)
}

/// Does it, or not: a refusal is as good.
fn act(given: &mut Given, act: &Act) {
    let establishment = uai();
    match act {
        Act::Create(id) => drop(given.act(&CreateClass {
            establishment,
            class: class(*id),
            name: name(*id),
            track: Track::TroisiemeGenerale,
        })),
        Act::Delete(id) => drop(given.act(&DeleteClass {
            establishment,
            class: class(*id),
            expected_versions: None,
        })),
        Act::Register(id, to) => drop(given.act(&RegisterStudent {
            establishment,
            student: student(*id),
            class: to.map(class),
        })),
        Act::Rejoin(id, to) => drop(given.act(&RejoinEstablishment {
            establishment,
            student: student(*id),
            class: to.map(class),
        })),
        Act::Roster(changes) => drop(given.act(&roster(changes))),
        Act::Erase(id) => drop(given.act(&EraseStudent {
            student: student(*id),
            invitations: Vec::new(),
        })),
        Act::OpenYear(start) => drop(given.act(&OpenSchoolYears {
            establishments: vec![establishment],
            school_year: year(*start),
        })),
        staff => act_on_staff(given, staff),
    }
}

fn act_on_staff(given: &mut Given, act: &Act) {
    let establishment = uai();
    match act {
        Act::Join(id) => drop(given.act(&AddStaff {
            establishment,
            staff: person(*id),
            role: StaffRole::Teacher,
        })),
        Act::Remove(id) => drop(given.act(&RemoveStaff {
            establishment,
            staff: person(*id),
        })),
        Act::ReplaceHead(id) => drop(given.act(&ReplaceHead {
            establishment,
            head: person(*id),
        })),
        Act::Choose(id, to) => drop(given.act(&SetOwnClass {
            establishment,
            teacher: person(*id),
            class: to.map(class),
        })),
        Act::Invite(id, role, to) => drop(given.act(&InviteStaff {
            establishment,
            invitation: invitation(*id),
            role: *role,
            class: to.map(class),
        })),
        Act::Follow(id, staff) => drop(given.act(&FollowInvitation {
            establishment,
            invitation: invitation(*id),
            person: person(*staff),
            school_year: year(2026),
        })),
        other => panic!("{other:?} is about no staff"),
    }
}

fn roster(changes: &[(u128, Option<u128>)]) -> ChangeRoster {
    let change = |(id, to): &(u128, Option<u128>)| RosterChange {
        student: student(*id),
        to: to.map_or(Destination::Out, |to| Destination::Class(class(to))),
        expected: None,
    };
    ChangeRoster {
        establishment: uai(),
        may_assign: true,
        changes: changes.iter().map(change).collect(),
    }
}

/// The pupil's own stream and the class's say the same.
fn pupils_agree(given: &Given) {
    for id in CLASSES {
        let state: Class = given.state(&class(id));
        assert!(
            state.is_open() || state.students.is_empty(),
            "class {id} is gone, and not empty"
        );
        for pupil in &state.students {
            let pupil: Student = given.state(pupil);
            assert_eq!(pupil.class, Some(class(id)));
        }
    }
    for id in STUDENTS {
        let pupil: Student = given.state(&student(id));
        if let Some(their) = pupil.class {
            let class: Class = given.state(&their);
            assert!(class.is_open() && class.students.contains(&student(id)));
            assert_eq!(class.establishment, pupil.establishment);
            assert_eq!(class.school_year, pupil.school_year);
        }
    }
}

/// Whoever has a class is on the staff, and has no other one.
fn teachers_agree(given: &Given) {
    let school: Establishment = given.state(&uai());
    let mut teachers = BTreeSet::new();
    for id in CLASSES {
        let state: Class = given.state(&class(id));
        for teacher in state.main_teachers.iter().filter(|_| state.is_open()) {
            assert!(school.staff.contains_key(teacher), "{teacher} has left");
            assert!(teachers.insert(*teacher), "{teacher} has two classes");
        }
    }
}

proptest! {
    // Each step of a failure that is made smaller goes through a whole history again.
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// A pupil is in one class at most, which is one of their establishment and year, and both streams
    /// agree; so no class loses or gains a pupil by itself, and one that is deleted or purged is empty.
    /// Nobody has a class without being on the staff, nor two.
    #[test]
    fn streams_agree_whatever_people_do(acts in acts()) {
        let mut given = Given::school();
        for it in &acts {
            act(&mut given, it);
            pupils_agree(&given);
            teachers_agree(&given);
        }
    }
}
