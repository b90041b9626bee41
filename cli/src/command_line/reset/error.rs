//! Why the new school year was not opened, or not everywhere.

use std::{io, path::PathBuf};

use domain::values::EmailAddress;

use crate::{
    command_line::{
        error::{Exit, Failure, below},
        output,
    },
    reset::PlanError,
};

#[derive(Debug, thiserror::Error)]
pub(super) enum ResetError {
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
    ReportLost { file: PathBuf, error: io::Error },
}

impl Failure for ResetError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotAllOpened { .. } | Self::Abandoned => Exit::Incomplete,
            Self::ReportLost { .. } => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

impl From<PlanError> for Box<dyn Failure> {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => error.into(),
            error => ResetError::NotPlanned(error).into(),
        }
    }
}
