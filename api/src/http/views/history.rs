use domain::{
    ids::{ClassId, StudentId},
    values::Track,
};
use projections::as_of::{ClassList, ClassLists, Pupil};
use serde::Serialize;
use utoipa::ToSchema;

/// Class lists as they stood at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastClassLists {
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

impl From<ClassLists> for PastClassLists {
    fn from(lists: ClassLists) -> Self {
        Self {
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
