//! What the demo should hold, as typed values. The same on every run and every machine: a run finds
//! what an earlier one wrote by its ids.

use accounts::person::Person;
use domain::{
    establishment::ListingUpdate,
    ids::{ClassId, StudentId},
    values::{ClassName, EmailAddress, Role, StaffRole, Track, Uai},
};

use super::{
    DemoError, ids, names,
    schools::{ADMINISTRATOR, PUPIL_DOMAIN, SCHOOLS, STAFF_DOMAIN, School},
    step::Newcomer,
    values::{address, birth_date, person, value},
};

pub(super) struct Plan {
    pub(super) schools: Vec<SchoolPlan>,
    pub(super) administrator: AdministratorPlan,
}

/// What one collège should hold; nothing but its listing where nobody registered it.
pub(super) struct SchoolPlan {
    pub(super) uai: Uai,
    pub(super) listing: ListingUpdate,
    pub(super) staff: Vec<StaffPlan>,
    pub(super) classes: Vec<ClassPlan>,
    pub(super) pupils: Vec<PupilPlan>,
}

pub(super) struct AdministratorPlan {
    pub(super) person: Person,
    pub(super) email: EmailAddress,
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
}

pub(super) struct PupilPlan {
    pub(super) person: Person,
    pub(super) class: Option<ClassId>,
    /// One pupil of each school can sign in.
    pub(super) email: Option<EmailAddress>,
}

impl AdministratorPlan {
    pub(super) fn newcomer(&self) -> Newcomer {
        Newcomer {
            person: self.person.clone(),
            role: Role::Administrator,
            email: Some(self.email.clone()),
        }
    }
}

impl StaffPlan {
    pub(super) fn newcomer(&self) -> Newcomer {
        Newcomer {
            person: self.person.clone(),
            role: self.role.into(),
            email: Some(self.email.clone()),
        }
    }
}

impl PupilPlan {
    pub(super) fn id(&self) -> StudentId {
        self.person.id.into()
    }

    pub(super) fn newcomer(&self) -> Newcomer {
        Newcomer {
            person: self.person.clone(),
            role: Role::Student,
            email: self.email.clone(),
        }
    }
}

impl Plan {
    pub(super) fn new() -> Result<Self, DemoError> {
        let (first_name, last_name, email) = ADMINISTRATOR;
        let administrator = AdministratorPlan {
            person: person(ids::administrator(), first_name, last_name, None)?,
            email: value(email)?,
        };
        let schools = SCHOOLS.iter().enumerate();
        Ok(Self {
            schools: schools
                .map(|(index, school)| school_plan(index, school))
                .collect::<Result<_, _>>()?,
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
    let classes = school.classes.iter().enumerate();
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
        classes: classes
            .map(|(number, &(name, track, _))| {
                Ok(ClassPlan {
                    id: ids::class(index, number),
                    name: value(name)?,
                    track,
                })
            })
            .collect::<Result<_, DemoError>>()?,
        pupils: pupils(index, school)?,
    })
}

fn pupils(index: usize, school: &School) -> Result<Vec<PupilPlan>, DemoError> {
    let placed = school
        .classes
        .iter()
        .enumerate()
        .flat_map(|(class, &(_, _, pupils))| {
            std::iter::repeat_n(Some(ids::class(index, class)), pupils)
        });
    let classes = placed.chain(std::iter::repeat_n(None, school.without_class));
    classes
        .enumerate()
        .map(|(number, class)| {
            let nth = index * PUPILS_APART + number;
            let (first_name, last_name) = names::of(nth);
            let id = ids::pupil(index, number);
            let person = person(id, first_name, last_name, Some(birth_date(nth)?))?;
            let email = (number == 0)
                .then(|| address(&person, PUPIL_DOMAIN))
                .transpose()?;
            Ok(PupilPlan {
                person,
                class,
                email,
            })
        })
        .collect()
}

/// More than a school has pupils: no two schools share a name.
const PUPILS_APART: usize = 150;
