//! Who is on the staff, comes, leaves and is forgotten.

use super::*;

fn erase(staff: u128) -> EstablishmentCommand {
    EstablishmentCommand::EraseStaff {
        staff: person(staff),
    }
}

fn erased(staff: u128) -> EstablishmentEvent {
    EstablishmentEvent::StaffErased {
        staff: person(staff),
    }
}

/// "L'inscription, c'est chacun son tour !": staff join a school that its head has registered,
/// each once, and nobody becomes head by this door.
#[test]
fn staff_join_after_the_head() {
    given(open())
        .when(add(2, StaffRole::MainTeacher))
        .then_expect_events(vec![joined(2, StaffRole::MainTeacher)]);
    given([open(), vec![joined(2, StaffRole::MainTeacher)]].concat())
        .when(add(2, StaffRole::MainTeacher))
        .then_expect_events(vec![]);
    given(vec![listed(Some(Priority::Rep))])
        .when(add(2, StaffRole::Teacher))
        .then_expect_error(Refusal::EstablishmentNotRegistered);
    given(open())
        .when(add(2, StaffRole::Head))
        .then_expect_error(Refusal::HeadAlreadyRegistered);
}

/// The head lets a colleague go who is not of the school. The head stays: a school without one could
/// neither invite anybody nor be taken over.
#[test]
fn anybody_but_the_head_may_be_removed() {
    let staffed = || [open(), vec![joined(2, StaffRole::Teacher)]].concat();
    given(staffed())
        .when(remove(2))
        .then_expect_events(vec![EstablishmentEvent::StaffLeft { staff: person(2) }]);
    given(staffed())
        .when(remove(3))
        .then_expect_error(Refusal::StaffNotFound);
    given(staffed())
        .when(remove(1))
        .then_expect_error(Refusal::HeadStays);
}

/// Somebody who moved away asks to be forgotten: yes, once, whether they were removed or handed the
/// headship over. Whoever still works there would vanish from under their colleagues' eyes.
#[test]
fn those_who_left_the_staff_are_erased() {
    let left = [
        open(),
        vec![
            joined(2, StaffRole::Teacher),
            EstablishmentEvent::StaffLeft { staff: person(2) },
        ],
    ]
    .concat();
    given(left.clone())
        .when(erase(2))
        .then_expect_events(vec![erased(2)]);
    given([left.clone(), vec![erased(2)]].concat())
        .when(erase(2))
        .then_expect_events(vec![]);
    given([open(), vec![joined(2, StaffRole::Teacher), replaced(2, 1)]].concat())
        .when(erase(1))
        .then_expect_events(vec![erased(1)]);
    for present in [
        open(),
        [left.clone(), vec![joined(2, StaffRole::Counsellor)]].concat(),
    ] {
        let staff = if present.len() == open().len() { 1 } else { 2 };
        given(present)
            .when(erase(staff))
            .then_expect_error(Refusal::StillOnStaff);
    }
    given(left)
        .when(erase(3))
        .then_expect_error(Refusal::StaffNotFound);
}

/// Who is staff decides who may see the pupils. Someone who left, or a head who was replaced, is
/// no longer staff; the school stays registered under its new head and in its new year.
#[test]
fn staff_who_left_are_no_longer_staff() {
    let mut establishment = after(open());
    for event in [
        joined(2, StaffRole::Teacher),
        EstablishmentEvent::StaffLeft { staff: person(2) },
        EstablishmentEvent::HeadReplaced {
            head: person(3),
            previous: person(1),
        },
        EstablishmentEvent::SchoolYearOpened {
            school_year: year(2027),
        },
    ] {
        establishment.apply(event);
    }
    assert!(establishment.registered());
    assert_eq!(establishment.head, Some(person(3)));
    assert_eq!(
        establishment.staff,
        BTreeMap::from([(person(3), StaffRole::Head)])
    );
    assert_eq!(establishment.school_year, Some(year(2027)));
}
