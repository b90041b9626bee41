//! Why an erasure was not done, or not of everybody.

use std::{io, path::PathBuf};

use commands::{CommandError, Refusal};
use domain::{ids::PersonId, values::Uai};

use crate::command_line::error::{Exit, Failure, below};

#[derive(Debug, thiserror::Error)]
pub(super) enum EraseError {
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
    ListFile { file: PathBuf, error: io::Error },
    #[error(
        "{file}, ligne {line} : ce n'est pas un effacement ({error}) ; rien n'a été effacé. Donnez un \
         fichier écrit par « monstage erase --export »"
    )]
    ListLine {
        file: PathBuf,
        /// From 1.
        line: usize,
        error: serde_json::Error,
    },
    #[error(
        "le dossier des messages ne peut pas être parcouru ({0}) : vérifiez MONSTAGE_MAIL_URL et les \
         droits, puis relancez la commande"
    )]
    MailFolder(io::Error),
}

impl Failure for EraseError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotAllErased { .. } | Self::FilesNotCleaned => Exit::Incomplete,
            Self::MailFolder(_) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

pub(super) fn not_erased(id: PersonId, error: CommandError) -> Box<dyn Failure> {
    match error {
        CommandError::Refused(Refusal::StudentNotFound) => EraseError::NoSuchStudent(id).into(),
        CommandError::Refused(Refusal::StaffNotFound) => EraseError::NoSuchStaff(id).into(),
        CommandError::Refused(Refusal::HeadStays) => EraseError::StillHead(id).into(),
        error => error.into(),
    }
}
