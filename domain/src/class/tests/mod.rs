//! Given what happened to a class, when something is asked of it, then this happens.

mod attributes;
mod life;
mod people;

use cqrs_es::Aggregate as _;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::ids::ClassId;

fn given(events: Vec<ClassEvent>) -> AggregateTestExecutor<Class> {
    TestFramework::with(()).given(events)
}

fn name(text: &str) -> ClassName {
    ClassName::parse(text).unwrap()
}

fn student(id: u128) -> StudentId {
    StudentId::new(Uuid::from_u128(id))
}

fn year(year: i32) -> SchoolYear {
    SchoolYear::starting(year).unwrap()
}

fn created() -> ClassEvent {
    ClassEvent::ClassCreated {
        establishment: Uai::parse("0132572A").unwrap(),
        school_year: year(2026),
        name: name("3e A"),
        track: Track::TroisiemeGenerale,
    }
}

fn create(text: &str) -> ClassCommand {
    ClassCommand::Create {
        establishment: Uai::parse("0132572A").unwrap(),
        school_year: year(2026),
        name: name(text),
        track: Track::TroisiemeGenerale,
    }
}

fn rename(text: &str) -> ClassCommand {
    ClassCommand::Rename { name: name(text) }
}

fn admitted(id: u128) -> ClassEvent {
    ClassEvent::StudentAdmitted {
        student: student(id),
        from: None,
    }
}

fn admit(id: u128) -> ClassCommand {
    ClassCommand::Admit {
        student: student(id),
        from: None,
    }
}

fn withdraw(id: u128) -> ClassCommand {
    ClassCommand::Withdraw {
        student: student(id),
        to: None,
    }
}

fn withdrawn(id: u128) -> ClassEvent {
    ClassEvent::StudentWithdrawn {
        student: student(id),
        to: None,
    }
}

fn teacher(id: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(id))
}

fn assign(id: u128) -> ClassCommand {
    ClassCommand::AssignMainTeacher {
        teacher: teacher(id),
        from: None,
    }
}

fn assigned(id: u128) -> ClassEvent {
    ClassEvent::MainTeacherAssigned {
        teacher: teacher(id),
        from: None,
    }
}

fn unassign(id: u128) -> ClassCommand {
    ClassCommand::UnassignMainTeacher {
        teacher: teacher(id),
    }
}

fn purged() -> ClassEvent {
    ClassEvent::ClassPurged {
        school_year: year(2027),
    }
}

fn state(events: Vec<ClassEvent>) -> Class {
    let mut class = Class::default();
    for event in events {
        class.apply(event);
    }
    class
}
