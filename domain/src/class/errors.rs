/// Why a class refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// The class was never created.
    #[error("the class does not exist")]
    NotFound,
    /// The class was deleted, or purged with its school year.
    #[error("the class is gone")]
    Gone,
    /// Another class was already created under this id.
    #[error("the class already exists")]
    AlreadyExists,
    /// Only an empty class may be deleted (manual, "Comment supprimer une classe").
    #[error("the class still has {students} student(s)")]
    NotEmpty { students: usize },
    /// The pupil who should leave is not in the class.
    #[error("the student is not in the class")]
    StudentNotInClass,
    /// The class changed since the version that the change was based on.
    #[error("the class is at version {current} by now")]
    StaleVersion { current: u64 },
}
