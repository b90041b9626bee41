//! The peer: cqrs-es and postgres-es as their manual sets them up, one `execute` per aggregate and
//! a `GenericQuery` view of each.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use cqrs_es::{
    CqrsFramework, EventEnvelope, Query, View,
    persist::{GenericQuery, PersistedEventStore},
};
use domain::{
    class::{Class, ClassCommand, ClassEvent},
    student::{Student, StudentCommand, StudentEvent},
    values::{ClassName, SchoolYear},
};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::{
    contender::{Contender, School},
    country, floor,
};

const EVENTS: &str = "stock_events";

type Framework<A> = CqrsFramework<A, PersistedEventStore<PostgresEventRepository, A>>;

/// The stock path.
pub(crate) struct Peer {
    classes: Framework<Class>,
    students: Framework<Student>,
}

/// What a class list shows of a class.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ClassView {
    name: String,
    students: u32,
}

impl View<Class> for ClassView {
    fn update(&mut self, event: &EventEnvelope<Class>) {
        match &event.payload {
            ClassEvent::ClassCreated { name, .. } | ClassEvent::ClassRenamed { name, .. } => {
                self.name = name.to_string();
            }
            ClassEvent::StudentAdmitted { .. } => self.students += 1,
            ClassEvent::StudentWithdrawn { .. } => {
                self.students = self.students.saturating_sub(1);
            }
            _ => {}
        }
    }
}

/// What a roster shows of a pupil.
#[derive(Debug, Default, Serialize, Deserialize)]
struct StudentView {
    class: Option<String>,
}

impl View<Student> for StudentView {
    fn update(&mut self, event: &EventEnvelope<Student>) {
        match &event.payload {
            StudentEvent::StudentAssigned { class }
            | StudentEvent::StudentMoved { to: class, .. } => {
                self.class = Some(class.to_string());
            }
            StudentEvent::StudentReleased { .. } => self.class = None,
            _ => {}
        }
    }
}

/// The stock tables, as postgres-es' `db/init.sql` has them, with the events of the town.
pub(crate) async fn create_tables(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "CREATE TABLE stock_events ( \
             aggregate_type text NOT NULL, aggregate_id text NOT NULL, \
             sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, \
             event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL, \
             PRIMARY KEY (aggregate_type, aggregate_id, sequence)); \
         CREATE TABLE class_view (view_id text NOT NULL, version bigint CHECK (version >= 0) \
             NOT NULL, payload json NOT NULL, PRIMARY KEY (view_id)); \
         CREATE TABLE student_view (view_id text NOT NULL, version bigint CHECK (version >= 0) \
             NOT NULL, payload json NOT NULL, PRIMARY KEY (view_id)); \
         INSERT INTO stock_events SELECT aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload, metadata FROM events; \
         ANALYZE",
    )
    .execute(pool)
    .await?;
    Ok(())
}

impl Peer {
    pub(crate) fn new(pool: PgPool) -> Self {
        let views = Arc::new(PostgresViewRepository::<ClassView, Class>::new(
            "class_view",
            pool.clone(),
        ));
        let classes: Vec<Box<dyn Query<Class>>> = vec![Box::new(GenericQuery::new(views))];
        let views = Arc::new(PostgresViewRepository::<StudentView, Student>::new(
            "student_view",
            pool.clone(),
        ));
        let students: Vec<Box<dyn Query<Student>>> = vec![Box::new(GenericQuery::new(views))];
        let repository = |pool| PostgresEventRepository::new(pool).with_tables(EVENTS, "unused");
        Self {
            classes: CqrsFramework::new(
                PersistedEventStore::new_event_store(repository(pool.clone())),
                classes,
                (),
            ),
            students: CqrsFramework::new(
                PersistedEventStore::new_event_store(repository(pool)),
                students,
                (),
            ),
        }
    }
}

impl Peer {
    /// Purges a school's classes and releases its pupils, as far as these aggregates go; how many events
    /// that makes.
    pub(crate) async fn reset(
        &self,
        school: &country::School,
        school_year: SchoolYear,
    ) -> anyhow::Result<usize> {
        let metadata = metadata()?;
        for class in &school.classes {
            let purge = ClassCommand::Purge { school_year };
            self.classes
                .execute_with_metadata(&class.to_string(), purge, metadata.clone())
                .await?;
        }
        for (student, _) in &school.students {
            let release = StudentCommand::Release { school_year };
            self.students
                .execute_with_metadata(&student.to_string(), release, metadata.clone())
                .await?;
        }
        Ok(school.classes.len() + school.students.len())
    }
}

/// Metadata of the size of ours.
fn metadata() -> anyhow::Result<HashMap<String, String>> {
    Ok(serde_json::from_value(serde_json::to_value(
        floor::metadata(),
    )?)?)
}

#[async_trait]
impl Contender for Peer {
    async fn rename(&self, school: &School, class: usize, to: &ClassName) -> anyhow::Result<()> {
        let command = ClassCommand::Rename { name: to.clone() };
        let id = school.classes[class].id.to_string();
        self.classes
            .execute_with_metadata(&id, command, metadata()?)
            .await?;
        Ok(())
    }

    async fn change_roster(&self, school: &School, moves: &[(usize, usize)]) -> anyhow::Result<()> {
        let metadata = metadata()?;
        for &(place, to) in moves {
            let student = &school.students[place];
            let (from, to) = (school.classes[student.class].id, school.classes[to].id);
            let command = StudentCommand::Place { class: to };
            let id = student.id.to_string();
            self.students
                .execute_with_metadata(&id, command, metadata.clone())
                .await?;
            let command = ClassCommand::Withdraw {
                student: student.id,
                to: Some(to),
            };
            self.classes
                .execute_with_metadata(&from.to_string(), command, metadata.clone())
                .await?;
            let command = ClassCommand::Admit {
                student: student.id,
                from: Some(from),
            };
            self.classes
                .execute_with_metadata(&to.to_string(), command, metadata.clone())
                .await?;
        }
        Ok(())
    }
}
