//! What a command that was not done says, in French, and what the program exits with.

use std::{
    error::Error,
    io::{self, ErrorKind},
    path::PathBuf,
};

use api::export::ExportError;
use commands::{CommandError, Refusal};
use domain::values::Uai;
use store::StoreError;

/// Why a command was not done: its text, in French, says what to do about it.
pub trait Failure: Error {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// What came of a command, or of a part of it.
pub type Result<T = (), E = Box<dyn Failure>> = std::result::Result<T, E>;

/// How the program ends when a command was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Failed,
    /// The reader of the output went away (`monstage openapi | head`): it failed, and nobody is there to tell.
    ReaderGone,
    /// Wrong usage, or refused input.
    Refused,
    /// Some of the work was left undone.
    Incomplete,
}

impl Exit {
    /// What the program exits with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Failed | Self::ReaderGone => 1,
            Self::Refused => 2,
            Self::Incomplete => 3,
        }
    }
}

impl<E: Failure + 'static> From<E> for Box<dyn Failure> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

/// What may happen to any command: to its database, or to its output.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommonError {
    #[error(
        "DATABASE_URL (ou --database-url) doit commencer par sqlite:// ou postgres://, par exemple \
         sqlite://data/monstage.db"
    )]
    DatabaseUrl,
    #[error(
        "la base de données {database} ne s'ouvre pas ({error}) : vérifiez DATABASE_URL, et {}",
        if database.starts_with("sqlite") {
            "que ce fichier SQLite existe (« monstage migrate » le crée) et que son dossier est \
             accessible en écriture"
        } else {
            "que le serveur PostgreSQL est démarré et accepte ce compte"
        }
    )]
    Unreachable { database: String, error: StoreError },
    #[error("la base de données est vide : lancez d'abord « monstage migrate »")]
    NotMigrated,
    #[error(
        "le schéma de la base de données est plus ancien que ce programme : lancez d'abord « monstage \
         migrate »"
    )]
    OldSchema,
    #[error(
        "le schéma ne peut pas être mis à jour ({0}) : vérifiez que la base est bien celle de \
         Mon stage de troisième et que le programme n'est pas plus ancien qu'elle"
    )]
    Migrate(StoreError),
    #[error(
        "cette base vient d'un autre serveur PostgreSQL, qui comptait déjà plus de transactions : \
         avancez d'abord le compteur de celui-ci (docs/operations.md, « Backup »), sinon ce qui \
         s'ajoute au journal passerait avant ce qui s'y trouve"
    )]
    OtherCluster,
    #[error(
        "la base de données a fait échouer l'opération ({0}) : rien n'a changé, relancez la commande"
    )]
    Store(StoreError),
    #[error(
        "le journal, ou une projection, est endommagé ({0}) : rien n'a changé ; « monstage audit verify » \
         dit où"
    )]
    Damaged(StoreError),
    #[error(
        "d'autres transactions ont retenu les tables, ou la fin du journal, une demi-minute durant : rien \
         n'a changé ; relancez la commande quand elles sont finies (sur PostgreSQL, pg_stat_activity les \
         montre par xact_start)"
    )]
    HeldUp,
    #[error("une autre reconstruction est en cours : attendez sa fin, puis relancez s'il le faut")]
    RebuildUnderWay,
    #[error(
        "la connexion à la base s'est coupée pendant l'enregistrement ({0}) : relancez la \
         commande, ce qui est déjà fait ne le sera pas deux fois"
    )]
    Unknown(StoreError),
    #[error(
        "d'autres modifient les mêmes données en ce moment : rien n'a changé, relancez la commande"
    )]
    Busy,
    #[error("refusé ({0})")]
    Refused(Refusal),
    #[error("lecture ou écriture impossible ({0})")]
    Io(io::Error),
}

impl Failure for CommonError {
    fn exit(&self) -> Exit {
        match self {
            Self::DatabaseUrl | Self::Refused(_) => Exit::Refused,
            Self::Io(error) if error.kind() == ErrorKind::BrokenPipe => Exit::ReaderGone,
            _ => Exit::Failed,
        }
    }
}

impl From<StoreError> for CommonError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Migrate(_) => Self::Migrate(error),
            StoreError::Commit(_) => Self::Unknown(error),
            StoreError::OtherCluster => Self::OtherCluster,
            StoreError::Decode { .. }
            | StoreError::Damaged { .. }
            | StoreError::Unreadable { .. } => Self::Damaged(error),
            StoreError::HeldUp => Self::HeldUp,
            StoreError::RebuildUnderWay => Self::RebuildUnderWay,
            error => Self::Store(error),
        }
    }
}

impl From<CommandError> for CommonError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(Refusal::Busy)
            | CommandError::DecideAgain
            | CommandError::KeyReused => Self::Busy,
            CommandError::Refused(refusal) => Self::Refused(refusal),
            CommandError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Box<dyn Failure> {
    fn from(error: StoreError) -> Self {
        CommonError::from(error).into()
    }
}

impl From<CommandError> for Box<dyn Failure> {
    fn from(error: CommandError) -> Self {
        CommonError::from(error).into()
    }
}

impl From<io::Error> for Box<dyn Failure> {
    fn from(error: io::Error) -> Self {
        CommonError::Io(error).into()
    }
}

impl From<ExportError> for Box<dyn Failure> {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Write(error) => error.into(),
        }
    }
}

/// The directory has no such establishment.
#[derive(Debug, thiserror::Error)]
#[error(
    "l'établissement {0} ne figure pas dans l'annuaire : vérifiez son UAI, ou importez la liste"
)]
pub(super) struct NotListed(pub(super) Uai);

impl Failure for NotListed {}

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error(
    "{file} ne peut pas être écrit ({error}){}",
    if error.kind() == ErrorKind::AlreadyExists {
        " : choisissez un autre nom, un sceau exporté n'est jamais remplacé"
    } else {
        " : vérifiez que son dossier existe et que vous pouvez y écrire"
    }
)]
pub(super) struct FileError {
    pub(super) file: PathBuf,
    pub(super) error: io::Error,
}

impl Failure for FileError {
    /// Another path would do, unlike another disk.
    fn exit(&self) -> Exit {
        match self.error.kind() {
            ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem => Exit::Refused,
            _ => Exit::Failed,
        }
    }
}

/// Goes on after a detail, on a line of its own.
pub(super) fn below(detail: Option<&str>) -> String {
    detail.map_or_else(String::new, |detail| format!("\n  {detail}"))
}
