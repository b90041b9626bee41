use chrono::{DateTime, Utc};
use domain::{
    ids::{ClassId, CommandId, CorrelationId, PersonId, StudentId},
    values::{LocalTime, Role, Track, Uai},
};
use projections::{
    as_of::{ClassList, ClassLists, Pupil},
    history::HistoryItem,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEvent)]
pub struct HistoryEventView {
    /// Its place in the log.
    #[schema(example = 606)]
    pub position: i64,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// The time zone (IANA) that the establishment lives by.
    #[schema(example = "Europe/Paris")]
    pub time_zone: &'static str,
    /// What, for programs.
    #[schema(example = "StudentMoved")]
    pub r#type: &'static str,
    /// The establishment it concerns.
    #[schema(value_type = String, example = "9990021U")]
    pub establishment: Uai,
    /// The class it is about, or the one that a student joined; null when there is none.
    #[schema(value_type = Option<Uuid>)]
    pub class: Option<ClassId>,
    /// The student it is about; null when there is none.
    #[schema(value_type = Option<Uuid>)]
    pub student: Option<StudentId>,
    /// Who caused it.
    pub actor: ActorView,
    /// The command it came from: one per action.
    #[schema(value_type = Uuid)]
    pub command_id: CommandId,
    /// The request or run which that command was part of.
    #[schema(value_type = Uuid)]
    pub correlation_id: CorrelationId,
    /// What it says besides, by type.
    #[schema(value_type = Object)]
    pub data: Value,
    /// What happened, in one French sentence.
    #[schema(
        example = "Claire Marchand (chef d'établissement) a fait passer Camille Dupont de 3e A à 3e B"
    )]
    pub summary: String,
}

/// Who caused something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorView {
    /// Who; the nil UUID for the service itself.
    #[schema(value_type = Uuid)]
    pub id: PersonId,
    /// Their name today; null once erased.
    #[schema(example = "Claire Marchand")]
    pub name: Option<String>,
    /// Their role then: one of an account's, or `system`.
    #[schema(value_type = String, example = "head")]
    pub role: Role,
}

impl From<HistoryItem> for HistoryEventView {
    fn from(item: HistoryItem) -> Self {
        let metadata = item.record.metadata;
        Self {
            position: item.checkpoint.position,
            recorded_at: item.record.recorded_at,
            time_zone: item.clock.zone(),
            r#type: item.record.event.event_type(),
            establishment: item.record.establishment,
            class: item.class,
            student: item.student,
            actor: ActorView {
                id: metadata.actor.id,
                name: item.actor_name,
                role: metadata.actor.role,
            },
            command_id: metadata.command,
            correlation_id: metadata.correlation,
            data: item.data,
            summary: item.summary,
        }
    }
}

/// Class lists as they stood at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastClassLists {
    /// Which instant: of a day, its last.
    pub as_of: DateTime<Utc>,
    /// The time zone (IANA) that the establishment lives by.
    #[schema(example = "Europe/Paris")]
    pub time_zone: &'static str,
    /// The classes, by name.
    pub items: Vec<PastClass>,
    /// The students who were in no class, by name.
    pub students_without_class: Vec<PastStudent>,
}

/// A class as it stood at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastClass {
    /// Which.
    #[schema(value_type = Uuid)]
    pub id: ClassId,
    /// Its name then.
    #[schema(example = "3e A")]
    pub name: String,
    /// Its track then.
    #[schema(value_type = String, example = "troisieme_generale")]
    pub track: Track,
    /// The students who were in it, by name.
    pub students: Vec<PastStudent>,
}

/// A student in a list of the past.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastStudent {
    /// Who.
    #[schema(value_type = Uuid)]
    pub id: StudentId,
    /// Given name; null once erased.
    #[schema(example = "Noé")]
    pub first_name: Option<String>,
    /// Family name; null once erased.
    #[schema(example = "Lacaze")]
    pub last_name: Option<String>,
}

impl PastClassLists {
    /// The lists of an instant, where people live by this clock.
    #[must_use]
    pub fn new(lists: ClassLists, as_of: DateTime<Utc>, clock: LocalTime) -> Self {
        Self {
            as_of,
            time_zone: clock.zone(),
            items: lists.classes.into_iter().map(Into::into).collect(),
            students_without_class: students(lists.students_without_class),
        }
    }
}

impl From<ClassList> for PastClass {
    fn from(class: ClassList) -> Self {
        Self {
            id: class.id,
            name: class.name.to_string(),
            track: class.track,
            students: students(class.students),
        }
    }
}

fn students(pupils: Vec<Pupil>) -> Vec<PastStudent> {
    let student = |pupil: Pupil| PastStudent {
        id: pupil.id,
        first_name: pupil.first_name,
        last_name: pupil.last_name,
    };
    pupils.into_iter().map(student).collect()
}
