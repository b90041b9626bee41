use std::collections::BTreeSet;

use domain::values::StaffRole;

use super::plan::Plan;

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
    let people = || {
        staff()
            .map(|member| &member.person)
            .chain(pupils().map(|pupil| &pupil.person))
            .chain([&plan.administrator.person])
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
