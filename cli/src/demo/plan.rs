//! Who and what the demo is about, as typed values. The same on every run and every machine.

use accounts::person::Person;
use domain::{
    establishment::ListingUpdate,
    ids::{ClassId, InvitationId, StudentId},
    values::{ClassName, EmailAddress, Role, StaffRole, Track, Uai},
};

use super::{
    DemoError,
    act::AccountPlan,
    ids, names,
    schools::{ADMINISTRATOR, Others, PUPIL_DOMAIN, SCHOOLS, STAFF_DOMAIN, School},
    values::{address, birth_date, person, value},
};

pub(super) struct Plan {
    pub(super) schools: Vec<SchoolPlan>,
    pub(super) administrator: Person,
    pub(super) administrator_account: AccountPlan,
}

/// What one collège comes to hold; nothing but its listing where nobody registered it.
pub(super) struct SchoolPlan {
    pub(super) uai: Uai,
    pub(super) listing: ListingUpdate,
    /// The head first, then the main teachers of the first two classes.
    pub(super) staff: Vec<StaffPlan>,
    pub(super) classes: Vec<ClassPlan>,
    /// By class, those without one last.
    pub(super) pupils: Vec<PupilPlan>,
    pub(super) others: Option<OthersPlan>,
}

/// People whom nobody finds in a list of today.
pub(super) struct OthersPlan {
    /// A teacher who left.
    pub(super) left: Person,
    /// A pupil who was not theirs.
    pub(super) stray: Person,
    /// Somebody whom the head invited, by which invitation, at which address.
    pub(super) invited: (InvitationId, Person, EmailAddress),
}

pub(super) struct StaffPlan {
    pub(super) person: Person,
    pub(super) role: StaffRole,
    pub(super) email: EmailAddress,
}

pub(super) struct ClassPlan {
    pub(super) id: ClassId,
    pub(super) name: ClassName,
    pub(super) track: Track,
    /// What it was called at first, if something else.
    pub(super) first_name: Option<ClassName>,
}

pub(super) struct PupilPlan {
    pub(super) person: Person,
    /// The class they come to be in.
    pub(super) class: Option<ClassId>,
    /// The one they said when they signed up.
    pub(super) said: Option<ClassId>,
    /// One pupil of each school can sign in.
    pub(super) email: Option<EmailAddress>,
}

impl PupilPlan {
    pub(super) fn id(&self) -> StudentId {
        self.person.id.into()
    }
}

impl Plan {
    pub(super) fn new() -> Result<Self, DemoError> {
        let (first_name, last_name, email) = ADMINISTRATOR;
        let administrator = person(ids::administrator(), first_name, last_name, None)?;
        let schools = SCHOOLS.iter().enumerate();
        Ok(Self {
            schools: schools
                .map(|(index, school)| school_plan(index, school))
                .collect::<Result<_, _>>()?,
            administrator_account: AccountPlan {
                id: administrator.id,
                role: Role::Administrator,
                email: value(email)?,
            },
            administrator,
        })
    }
}

fn school_plan(index: usize, school: &School) -> Result<SchoolPlan, DemoError> {
    let mailbox = format!("ce.{}@{STAFF_DOMAIN}", school.uai.to_lowercase());
    let listing = ListingUpdate {
        name: school.name.to_owned(),
        city: school.city.to_owned(),
        postal_code: Some(value(school.postal_code)?),
        department: Some("Val-de-Démo".to_owned()),
        academy: Some("Démo".to_owned()),
        mailbox: Some(value(&mailbox)?),
        closed: None,
        priority: Some(Some(school.priority)),
    };
    let staff = school.staff.iter().enumerate();
    let others = school.others.as_ref();
    Ok(SchoolPlan {
        uai: value(school.uai)?,
        listing,
        staff: staff
            .map(|(number, &(role, first_name, last_name))| {
                let person = person(ids::staff(index, number), first_name, last_name, None)?;
                let email = address(&person, STAFF_DOMAIN)?;
                Ok(StaffPlan {
                    person,
                    role,
                    email,
                })
            })
            .collect::<Result<_, DemoError>>()?,
        classes: classes(index, school)?,
        pupils: pupils(index, school)?,
        others: others
            .map(|others| others_plan(index, school, others))
            .transpose()?,
    })
}

fn classes(index: usize, school: &School) -> Result<Vec<ClassPlan>, DemoError> {
    let classes = school.classes.iter().enumerate();
    classes
        .map(|(number, &(name, track, _))| {
            let third = school.others.as_ref().filter(|_| number == 2);
            Ok(ClassPlan {
                id: ids::class(index, number),
                name: value(name)?,
                track,
                first_name: third.map(|it| value(it.third_class)).transpose()?,
            })
        })
        .collect()
}

fn others_plan(index: usize, school: &School, others: &Others) -> Result<OthersPlan, DemoError> {
    let (first_name, last_name) = others.left;
    let left = person(
        ids::staff(index, school.staff.len()),
        first_name,
        last_name,
        None,
    )?;
    let invitation = ids::invitation(index, 0);
    let (first_name, last_name) = others.invited;
    let invited = person(
        domain::ids::PersonId::new(invitation.as_uuid()),
        first_name,
        last_name,
        None,
    )?;
    let pupils: usize = school.classes.iter().map(|(_, _, pupils)| pupils).sum();
    Ok(OthersPlan {
        left,
        stray: pupil(index, pupils + school.without_class)?,
        invited: (
            invitation,
            invited.clone(),
            address(&invited, STAFF_DOMAIN)?,
        ),
    })
}

fn pupils(index: usize, school: &School) -> Result<Vec<PupilPlan>, DemoError> {
    let placed = school
        .classes
        .iter()
        .enumerate()
        .flat_map(|(class, &(_, _, pupils))| (0..pupils).map(move |nth| (Some(class), nth)));
    let all = placed.chain((0..school.without_class).map(|nth| (None, nth)));
    all.enumerate()
        .map(|(number, (class, nth))| {
            let person = pupil(index, number)?;
            let email = (number == 0)
                .then(|| address(&person, PUPIL_DOMAIN))
                .transpose()?;
            let id = |class| ids::class(index, class);
            Ok(PupilPlan {
                person,
                class: class.map(id),
                said: class.and_then(|class| said(class, nth)).map(id),
                email,
            })
        })
        .collect()
}

/// Which class the nth pupil of a class said: most of them that one.
fn said(class: usize, nth: usize) -> Option<usize> {
    match (class, nth) {
        (1, 0 | 1) => Some(0),
        (2, 0) => Some(1),
        (1, 2) | (3, 0..3) => None,
        _ => Some(class),
    }
}

fn pupil(index: usize, number: usize) -> Result<Person, DemoError> {
    let nth = index * PUPILS_APART + number;
    let (first_name, last_name) = names::of(nth);
    let birth_date = birth_date(nth)?;
    person(
        ids::pupil(index, number),
        first_name,
        last_name,
        Some(birth_date),
    )
}

/// More than a school has pupils: no two schools share a name.
const PUPILS_APART: usize = 150;
