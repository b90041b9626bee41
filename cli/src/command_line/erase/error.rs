//! Why an erasure was not done, or not of everybody.

use std::io;

use commands::{CommandError, Refusal};
use domain::{ids::PersonId, values::Uai};

use crate::command_line::{
    confirm::ConfirmError,
    error::{CommonError, Exit, Failure, below},
};

#[derive(Debug, thiserror::Error)]
pub(in crate::command_line) enum EraseError {
    #[error(
        "aucun élève n'a l'identifiant {0} : cherchez-le avec « monstage audit log --type \
         StudentRegistered » (pour un membre du personnel : --staff)"
    )]
    NoSuchStudent(PersonId),
    #[error(
        "aucun membre du personnel n'a l'identifiant {0} : cherchez-le avec « monstage audit log --type \
         StaffJoined » (pour un élève : --student)"
    )]
    NoSuchStaff(PersonId),
    #[error(
        "{id} fait encore partie de l'équipe de l'établissement {uai} : son chef d'établissement doit \
         d'abord l'en retirer (DELETE /api/v1/establishments/{uai}/staff/{id}) ; pour un chef \
         d'établissement, « monstage admin replace-head » ou « invite-head » nomme d'abord son successeur"
    )]
    StillOnStaff { id: PersonId, uai: Uai },
    /// A head whose departure the log has lost.
    #[error(
        "{0} est à la tête d'un établissement : nommez d'abord son successeur avec « monstage admin \
         replace-head » ou « invite-head », puis relancez la commande"
    )]
    StillHead(PersonId),
    #[error(
        "{left} personne(s) restent à effacer : relancez la commande{}",
        below(.first.as_deref())
    )]
    NotAllErased {
        left: usize,
        /// The first that failed, and why, if any did.
        first: Option<String>,
    },
    /// Everybody was erased, and what stood there may still stand beside the database.
    #[error(
        "le fichier -wal de la base, où peut rester ce qui vient d'être effacé, n'a pas pu être vidé : un \
         autre programme lit la base depuis un moment. Relancez la même commande quand il aura fini"
    )]
    FilesNotCleaned,
    #[error("{file} ne peut être ni lu ni écrit ({error}) : vérifiez le chemin et les droits")]
    ListFile { file: String, error: io::Error },
    #[error(
        "{file}, ligne {line} : ce n'est pas un effacement ({error}) ; rien n'a été effacé. Donnez un \
         fichier écrit par « monstage erase --export »"
    )]
    ListLine {
        file: String,
        /// From 1.
        line: usize,
        error: serde_json::Error,
    },
    #[error(
        "le dossier des messages ne peut pas être parcouru ({0}) : vérifiez MONSTAGE_MAIL_URL et les \
         droits, puis relancez la commande"
    )]
    MailFolder(io::Error),
    #[error(transparent)]
    NotConfirmed(#[from] ConfirmError),
    #[error(transparent)]
    Common(CommonError),
}

impl EraseError {
    /// Why this person was not erased.
    pub(super) fn of(id: PersonId, error: CommandError) -> Self {
        match error {
            CommandError::Refused(Refusal::StudentNotFound) => Self::NoSuchStudent(id),
            CommandError::Refused(Refusal::StaffNotFound) => Self::NoSuchStaff(id),
            CommandError::Refused(Refusal::HeadStays) => Self::StillHead(id),
            error => error.into(),
        }
    }
}

impl Failure for EraseError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoSuchStudent(_)
            | Self::NoSuchStaff(_)
            | Self::StillOnStaff { .. }
            | Self::StillHead(_)
            | Self::ListFile { .. }
            | Self::ListLine { .. } => Exit::Refused,
            Self::NotAllErased { .. } | Self::FilesNotCleaned => Exit::Incomplete,
            Self::MailFolder(_) => Exit::Failed,
            Self::NotConfirmed(error) => error.exit(),
            Self::Common(error) => error.exit(),
        }
    }
}

impl<E> From<E> for EraseError
where
    CommonError: From<E>,
{
    fn from(error: E) -> Self {
        Self::Common(error.into())
    }
}
