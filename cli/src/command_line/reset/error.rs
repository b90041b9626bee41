//! Why the new school year was not opened, or not everywhere.

use std::io;

use domain::values::EmailAddress;

use crate::{
    command_line::{
        confirm::ConfirmError,
        error::{CommonError, Exit, Failure, FileError, below},
        output,
    },
    reset::PlanError,
};

#[derive(Debug, thiserror::Error)]
pub(in crate::command_line) enum ResetError {
    #[error(transparent)]
    NotPlanned(PlanError),
    #[error(
        "{0} n'est pas l'adresse d'un administrateur : donnez celle d'un compte créé avec « monstage admin \
         create »"
    )]
    NotAdministrator(EmailAddress),
    #[error(
        "{} à faire : relancez la même commande{}",
        output::count(*.left, "établissement reste", "établissements restent"),
        below(.first.as_deref())
    )]
    NotAllOpened {
        left: u64,
        /// The first that failed, and why, if any did.
        first: Option<String>,
    },
    /// Whoever stopped it did not wait for what was under way.
    #[error(
        "arrêté aussitôt, sans rapport : chaque établissement est fait en entier ou pas du tout, relancez la \
         même commande"
    )]
    Abandoned,
    /// The work is done.
    #[error(
        "le rapport n'a pas pu être conservé dans {file} ({error}) : ce qu'il dit est fait, et s'affiche sur \
         la sortie standard"
    )]
    ReportLost { file: String, error: io::Error },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    NotConfirmed(#[from] ConfirmError),
    #[error(transparent)]
    Common(CommonError),
}

impl Failure for ResetError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotPlanned(_) | Self::NotAdministrator(_) => Exit::Refused,
            Self::NotAllOpened { .. } | Self::Abandoned => Exit::Incomplete,
            Self::ReportLost { .. } => Exit::Failed,
            Self::File(error) => error.exit(),
            Self::NotConfirmed(error) => error.exit(),
            Self::Common(error) => error.exit(),
        }
    }
}

impl From<PlanError> for ResetError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => error.into(),
            error => Self::NotPlanned(error),
        }
    }
}

impl<E> From<E> for ResetError
where
    CommonError: From<E>,
{
    fn from(error: E) -> Self {
        Self::Common(error.into())
    }
}
