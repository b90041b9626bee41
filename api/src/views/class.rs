use domain::{
    ids::{ClassId, PersonId},
    values::{SchoolYear, Track},
};
use projections::classes::{ClassItem, MainTeacher};
use serde::Serialize;
use utoipa::ToSchema;

/// A class, for its staff.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Class)]
pub struct ClassView {
    /// Which.
    #[schema(value_type = Uuid, example = "019ab0c4-7c00-7000-8000-00000000000a")]
    pub id: ClassId,
    /// Its name, unique in its establishment and year, case and accents aside.
    #[schema(example = "3e A")]
    pub name: String,
    /// Its track ("filière"): `troisieme_generale`, `troisieme_prepa_metiers` or
    /// `troisieme_segpa`.
    #[schema(value_type = String, example = "troisieme_generale")]
    pub track: Track,
    /// The calendar year in which its school year starts.
    #[schema(value_type = i32, example = 2026)]
    pub school_year: SchoolYear,
    /// How many students are in it.
    #[schema(example = 24)]
    pub student_count: i64,
    /// Its main teachers.
    pub main_teachers: Vec<MainTeacherView>,
    /// What `ETag` and `If-Match` compare: goes up with each change of the name or the track.
    #[schema(example = 3)]
    pub version: i64,
}

/// A main teacher of a class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MainTeacher)]
pub struct MainTeacherView {
    /// Who.
    #[schema(value_type = Uuid)]
    pub id: PersonId,
    /// Given name; null once erased.
    #[schema(example = "Éléonore")]
    pub first_name: Option<String>,
    /// Family name; null once erased.
    #[schema(example = "Dupré")]
    pub last_name: Option<String>,
}

impl From<ClassItem> for ClassView {
    fn from(class: ClassItem) -> Self {
        Self {
            id: class.id,
            name: class.name,
            track: class.track,
            school_year: class.school_year,
            student_count: class.student_count,
            main_teachers: class.main_teachers.into_iter().map(Into::into).collect(),
            version: class.version,
        }
    }
}

impl From<MainTeacher> for MainTeacherView {
    fn from(teacher: MainTeacher) -> Self {
        Self {
            id: teacher.id,
            first_name: teacher.first_name,
            last_name: teacher.last_name,
        }
    }
}

/// A class, for a student who signs up.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClassChoice {
    /// Which.
    #[schema(value_type = Uuid)]
    pub id: ClassId,
    /// Its name.
    #[schema(example = "3e A")]
    pub name: String,
    /// Its track.
    #[schema(value_type = String, example = "troisieme_generale")]
    pub track: Track,
}

impl From<ClassItem> for ClassChoice {
    fn from(class: ClassItem) -> Self {
        Self {
            id: class.id,
            name: class.name,
            track: class.track,
        }
    }
}
