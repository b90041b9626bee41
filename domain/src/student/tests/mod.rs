//! Given what happened to a pupil, when something is asked, then this happens.

mod class;
mod erasure;
mod establishment;

use cqrs_es::Aggregate as _;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::refusal::Refusal;

fn given(events: Vec<StudentEvent>) -> AggregateTestExecutor<Student> {
    TestFramework::with(()).given(events)
}

fn class(id: u128) -> ClassId {
    ClassId::new(Uuid::from_u128(id))
}

fn uai() -> Uai {
    Uai::parse("0132572A").unwrap()
}

fn year(year: i32) -> SchoolYear {
    SchoolYear::starting(year).unwrap()
}

fn registered() -> StudentEvent {
    StudentEvent::StudentRegistered {
        establishment: uai(),
        school_year: year(2026),
    }
}

fn rejoin(establishment: &str, start: i32) -> StudentCommand {
    StudentCommand::Rejoin {
        establishment: Uai::parse(establishment).unwrap(),
        school_year: year(start),
    }
}

fn rejoined(establishment: &str, start: i32) -> StudentEvent {
    StudentEvent::StudentRejoined {
        establishment: Uai::parse(establishment).unwrap(),
        school_year: year(start),
    }
}

fn assigned(id: u128) -> StudentEvent {
    StudentEvent::StudentAssigned { class: class(id) }
}

fn place(id: u128) -> StudentCommand {
    StudentCommand::Place { class: class(id) }
}

fn rejected() -> StudentEvent {
    StudentEvent::StudentRejected {
        establishment: uai(),
        from: Some(class(1)),
    }
}

fn released() -> StudentEvent {
    StudentEvent::StudentReleased {
        establishment: uai(),
        from: Some(class(1)),
        school_year: year(2027),
    }
}
