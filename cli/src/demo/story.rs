//! The story of the demo: the weeks since the rentrée, each thing done by whom it would be.

use accounts::{
    invitee::Invitee,
    person::{NewPeople, Person},
    token::Purpose,
};
use chrono::TimeDelta;
use commands::{
    add_staff::AddStaff,
    change_roster::{ChangeRoster, Destination, RosterChange},
    create_class::{CreateClass, CreateClasses},
    edit_class::EditClass,
    import_directory::ImportDirectory,
    invite_staff::InviteStaff,
    register_establishment::RegisterEstablishment,
    register_student::RegisterStudent,
    remove_staff::RemoveStaff,
    set_own_class::SetOwnClass,
};
use domain::{
    actor::Actor,
    ids::ClassId,
    values::{EmailAddress, Role, StaffRole, Track},
};
use web::permissions::{Action, may};

use super::{
    act::{AccountPlan, Act, Deed},
    calendar::SchoolTime,
    ids,
    plan::{ClassPlan, OthersPlan, Plan, PupilPlan, SchoolPlan, StaffPlan},
};

/// How long pupils take to sign up, where there is time.
const SIGNING_UP: TimeDelta = TimeDelta::hours(70);

/// A whole chapter.
const WHOLE: i32 = 10_000;

/// How much later another school does the same, in parts of a chapter.
const NEXT_SCHOOL: i32 = 57;

/// How much later the next class signs up, in parts of a chapter.
const NEXT_CLASS: i32 = 2_040;

/// How much later the next of a class signs up, in parts of a chapter: two minutes, where there is time.
const NEXT_PUPIL: i32 = 5;

/// When something is done: in which chapter, and after how much of it.
#[derive(Clone, Copy)]
enum When {
    /// Heads and teachers are back, pupils are not.
    Preparation(i32),
    /// The pupils sign up, class by class.
    SignUps(i32),
    /// What has happened since.
    Since(i32),
}

/// All that happened up to now, in order.
pub(super) fn tell(plan: &Plan, time: &SchoolTime) -> Vec<Act> {
    let mut acts = vec![import(plan, time)];
    for (index, school) in plan.schools.iter().enumerate() {
        if let ([head, team @ ..], Some(others)) = (&*school.staff, &school.others) {
            let mut tale = Tale {
                time,
                school,
                index,
                acts: Vec::new(),
            };
            tale.prepare(head, team, others);
            tale.sign_up(others);
            tale.go_on(head, team, others);
            acts.append(&mut tale.acts);
        }
    }
    acts.sort_by_key(|act| act.at);
    // Two schools may have done something at once; the log says one after the other.
    for next in 1..acts.len() {
        acts[next].at = acts[next]
            .at
            .max(acts[next - 1].at + TimeDelta::milliseconds(1));
    }
    acts
}

fn import(plan: &Plan, time: &SchoolTime) -> Act {
    let schools = plan.schools.iter();
    Act {
        id: ids::import(),
        at: time.instant(TimeDelta::zero()),
        actor: Actor::system(),
        deed: Box::new(ImportDirectory {
            schools: schools
                .map(|school| (school.uai.clone(), school.listing.clone()))
                .collect(),
            closed: Vec::new(),
        }),
        rows: Vec::new(),
        account: None,
    }
}

/// What happened in one school.
struct Tale<'a> {
    time: &'a SchoolTime,
    school: &'a SchoolPlan,
    index: usize,
    acts: Vec<Act>,
}

impl Tale<'_> {
    fn act(&mut self, when: When, actor: Actor, deed: impl Deed + 'static) -> &mut Act {
        let later = NEXT_SCHOOL * i32::try_from(self.index).unwrap_or_default();
        self.acts.push(Act {
            id: ids::act(self.index, self.acts.len()),
            at: self.time.instant(passed(self.time, when, later)),
            actor,
            deed: Box::new(deed),
            rows: Vec::new(),
            account: None,
        });
        let last = self.acts.len() - 1;
        &mut self.acts[last]
    }

    /// The same by somebody who comes by it, with an account where there is an address.
    fn arrive(
        &mut self,
        when: When,
        person: &Person,
        role: Role,
        email: Option<&EmailAddress>,
        deed: impl Deed + 'static,
    ) {
        let id = person.id;
        let act = self.act(when, Actor { id, role }, deed);
        act.rows = vec![Box::new(NewPeople(vec![person.clone()]))];
        act.account = email.cloned().map(|email| AccountPlan { id, role, email });
    }

    /// Up to the rentrée: the head registers the collège and creates its classes, the team joins.
    fn prepare(&mut self, head: &StaffPlan, team: &[StaffPlan], others: &OthersPlan) {
        let uai = self.school.uai.clone();
        let register = RegisterEstablishment {
            establishment: uai.clone(),
            head: head.person.id,
            school_year: self.time.school_year,
        };
        let (person, email) = (&head.person, Some(&head.email));
        self.arrive(When::Preparation(500), person, Role::Head, email, register);
        self.act(When::Preparation(900), by(head), self.first_classes());
        for (when, member) in [4_000, 4_600, 6_500, 7_200].into_iter().zip(team) {
            let (person, email) = (&member.person, Some(&member.email));
            let join = self.join(person, member.role);
            let when = When::Preparation(when);
            self.arrive(when, person, member.role.into(), email, join);
        }
        let teachers = team.iter().zip(&self.school.classes);
        for (when, (teacher, class)) in [4_050, 4_640].into_iter().zip(teachers) {
            let choose = SetOwnClass {
                establishment: uai.clone(),
                teacher: teacher.person.id,
                class: Some(class.id),
            };
            self.act(When::Preparation(when), by(teacher), choose);
        }
        let join = self.join(&others.left, StaffRole::Teacher);
        let when = When::Preparation(8_000);
        self.arrive(when, &others.left, Role::Teacher, None, join);
    }

    fn join(&self, person: &Person, role: StaffRole) -> AddStaff {
        AddStaff {
            establishment: self.school.uai.clone(),
            staff: person.id,
            role,
        }
    }

    /// The classes as they were created, when less was known.
    fn first_classes(&self) -> CreateClasses {
        let classes = self.school.classes.iter();
        let create = classes.map(|class| CreateClass {
            establishment: self.school.uai.clone(),
            class: class.id,
            name: class.first_name.as_ref().unwrap_or(&class.name).clone(),
            track: match class.first_name {
                Some(_) => Track::TroisiemeGenerale,
                None => class.track,
            },
        });
        CreateClasses(create.collect())
    }

    /// From the rentrée on: each class in its turn. Those who know none come one by one, some of them late.
    fn sign_up(&mut self, others: &OthersPlan) {
        let school = self.school;
        for (lesson, class) in (0..).zip(&school.classes) {
            let pupils = school.pupils.iter();
            let pupils = pupils.filter(|pupil| pupil.class == Some(class.id));
            for (nth, pupil) in (0..).zip(pupils) {
                let when = When::SignUps(lesson * NEXT_CLASS + nth * NEXT_PUPIL);
                self.register(when, &pupil.person, pupil.said, pupil.email.as_ref());
            }
        }
        let class = school.classes.first().map(|class| class.id);
        self.register(When::SignUps(1_000), &others.stray, class, None);
        let late = [
            When::SignUps(8_300),
            When::SignUps(8_900),
            When::Since(1_900),
            When::Since(5_400),
            When::Since(9_700),
        ];
        let without = school.pupils.iter().filter(|pupil| pupil.class.is_none());
        for (when, pupil) in late.into_iter().zip(without) {
            self.register(when, &pupil.person, None, None);
        }
    }

    /// A pupil signs up, in the class that they say.
    fn register(
        &mut self,
        when: When,
        person: &Person,
        class: Option<ClassId>,
        email: Option<&EmailAddress>,
    ) {
        let register = RegisterStudent {
            establishment: self.school.uai.clone(),
            student: person.id.into(),
            class,
        };
        self.arrive(when, person, Role::Student, email, register);
    }

    /// Since then: pupils find their class, one was not theirs, a class gets its name, a colleague leaves and
    /// another is invited.
    fn go_on(&mut self, head: &StaffPlan, team: &[StaffPlan], others: &OthersPlan) {
        let school = self.school;
        let ([first, second, third, fourth, ..], [one, other, ..]) = (&*school.classes, team)
        else {
            return;
        };
        let at_first = |said: Option<&ClassPlan>, class: &ClassPlan| {
            let said = said.map(|class| class.id);
            self.of(said, class.id)
        };
        let (wrong, orientated) = (at_first(Some(first), second), at_first(Some(second), third));
        let (placed, known) = (at_first(None, fourth), at_first(None, second));
        self.change(When::Since(300), one, wrong);
        self.change(When::Since(700), head, placed);
        self.change(When::Since(900), other, known);
        let stray = RosterChange {
            student: others.stray.id.into(),
            to: Destination::Out,
            expected: Some(Some(first.id)),
        };
        self.change(When::Since(1_500), one, vec![stray]);
        let rename = EditClass {
            establishment: school.uai.clone(),
            class: third.id,
            name: Some(third.name.clone()),
            track: Some(third.track),
            expected_versions: None,
        };
        self.act(When::Since(2_500), by(head), rename);
        let remove = RemoveStaff {
            establishment: school.uai.clone(),
            staff: others.left.id,
        };
        self.act(When::Since(4_000), by(head), remove);
        self.change(When::Since(6_000), other, orientated);
        self.invite(When::Since(9_000), head, others);
    }

    /// Those who said one class and come to be in another.
    fn of(&self, said: Option<ClassId>, class: ClassId) -> Vec<RosterChange> {
        let pupils = self.school.pupils.iter();
        let pupils = pupils.filter(|it| it.said == said && it.class == Some(class));
        let change = |pupil: &PupilPlan| RosterChange {
            student: pupil.id(),
            to: Destination::Class(class),
            expected: Some(said),
        };
        pupils.map(change).collect()
    }

    fn change(&mut self, when: When, member: &StaffPlan, changes: Vec<RosterChange>) {
        let change = ChangeRoster {
            establishment: self.school.uai.clone(),
            may_assign: may(member.role.into(), Action::AssignStudents),
            changes,
        };
        self.act(when, by(member), change);
    }

    fn invite(&mut self, when: When, head: &StaffPlan, others: &OthersPlan) {
        let (invitation, person, email) = &others.invited;
        let establishment = self.school.uai.clone();
        let invite = InviteStaff {
            establishment: establishment.clone(),
            invitation: *invitation,
            role: StaffRole::Teacher,
            class: None,
        };
        let act = self.act(when, by(head), invite);
        let invitee = Invitee {
            invitation: *invitation,
            establishment,
            email: email.clone(),
            expires_at: act.at + Purpose::Invitation.lifetime(),
        };
        act.rows = vec![Box::new(NewPeople(vec![person.clone()])), Box::new(invitee)];
    }
}

fn by(member: &StaffPlan) -> Actor {
    Actor {
        id: member.person.id,
        role: member.role.into(),
    }
}

/// How much school time has passed by then. Where there is little, everything comes sooner.
fn passed(time: &SchoolTime, when: When, later: i32) -> TimeDelta {
    let total = time.total();
    let rentree = time.preparation.min(total / 3);
    let signed_up = rentree + SIGNING_UP.min((total - rentree) / 2);
    let (begins, ends, part) = match when {
        When::Preparation(part) => (TimeDelta::zero(), rentree, part),
        When::SignUps(part) => (rentree, signed_up, part),
        When::Since(part) => (signed_up, total, part),
    };
    begins + (ends - begins) * (part + later) / WHOLE
}
