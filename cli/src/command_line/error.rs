//! Why a command was not done, in French, with what to do about it.

use std::io::{self, ErrorKind};

use accounts::password::{PasswordError, PasswordRule};
use commands::{CommandError, Refusal, directory_file::DirectoryFileError};
use domain::{ids::PersonId, values::Uai};
use store::{StoreError, seals::SealFileError};

use super::output;
use crate::{demo::DemoError, reset::PlanError};

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The address of the database names no engine.
    #[error(
        "DATABASE_URL (ou --database-url) doit commencer par sqlite:// ou postgres://, par exemple \
         sqlite://data/monstage.db"
    )]
    DatabaseUrl,
    /// The database cannot be opened.
    #[error(
        "la base de données {database} ne s'ouvre pas ({error}) : vérifiez DATABASE_URL, et {}",
        if database.starts_with("sqlite") {
            "que ce fichier SQLite existe (« monstage migrate » le crée) et que son dossier est \
             accessible en écriture"
        } else {
            "que le serveur PostgreSQL est démarré et accepte ce compte"
        }
    )]
    Unreachable {
        /// Its address, without password.
        database: String,
        /// What the driver says.
        error: StoreError,
    },
    /// The database was never migrated, and this command does not do it.
    #[error("la base de données est vide : lancez d'abord « monstage migrate »")]
    NotMigrated,
    /// The schema is older than this program, and this command does not bring it up to date.
    #[error(
        "le schéma de la base de données est plus ancien que ce programme : lancez d'abord « monstage \
         migrate »"
    )]
    OldSchema,
    /// No read model has this name.
    #[error("il n'y a pas de projection « {name} » : choisissez parmi {known}")]
    NoProjection {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The schema cannot be brought up to date.
    #[error(
        "le schéma ne peut pas être mis à jour ({0}) : vérifiez que la base est bien celle de \
         Mon stage de troisième et que le programme n'est pas plus ancien qu'elle"
    )]
    Migrate(StoreError),
    /// The log came from another PostgreSQL cluster.
    #[error(
        "cette base vient d'un autre serveur PostgreSQL, qui comptait déjà plus de transactions : \
         avancez d'abord le compteur de celui-ci (docs/operations.md, « Backup »), sinon ce qui \
         s'ajoute au journal passerait avant ce qui s'y trouve"
    )]
    OtherCluster,
    /// The database failed in the middle of the work, which it then undid.
    #[error(
        "la base de données a fait échouer l'opération ({0}) : rien n'a changé, relancez la commande"
    )]
    Store(StoreError),
    /// The log, or a read model, says what cannot be.
    #[error(
        "le journal, ou une projection, est endommagé ({0}) : rien n'a changé ; « monstage audit verify » \
         dit où"
    )]
    Damaged(StoreError),
    /// Other transactions were in the way of a rebuild for too long.
    #[error(
        "d'autres transactions ont retenu les tables, ou la fin du journal, une demi-minute durant : rien \
         n'a changé ; relancez la commande quand elles sont finies (sur PostgreSQL, pg_stat_activity les \
         montre par xact_start)"
    )]
    HeldUp,
    /// Another rebuild is under way.
    #[error("une autre reconstruction est en cours : attendez sa fin, puis relancez s'il le faut")]
    RebuildUnderWay,
    /// The connection broke during the commit.
    #[error(
        "la connexion à la base s'est coupée pendant l'enregistrement ({0}) : relancez la \
         commande, ce qui est déjà fait ne le sera pas deux fois"
    )]
    Unknown(StoreError),
    /// Others kept changing the same things.
    #[error(
        "d'autres modifient les mêmes données en ce moment : rien n'a changé, relancez la commande"
    )]
    Busy,
    /// A rule refused the action.
    #[error("refusé ({0})")]
    Refused(Refusal),
    /// The port is taken.
    #[error(
        "l'adresse {address} est déjà prise : arrêtez le programme qui l'occupe, ou choisissez-en \
         une autre avec --listen (127.0.0.1:0 prend un port libre)"
    )]
    AddressInUse {
        /// Where the server should have listened.
        address: String,
    },
    /// The server cannot listen there.
    #[error(
        "impossible d'écouter sur {address} ({error}) : donnez une adresse de cette machine, sous \
         la forme 127.0.0.1:8080, avec --listen ou MONSTAGE_LISTEN"
    )]
    Listen {
        /// Where the server should have listened.
        address: String,
        /// What the system says.
        error: io::Error,
    },
    /// Some directory files are no such lists: nothing was written.
    #[error("aucun fichier n'a été importé :{}", each(.0))]
    Files(Vec<(String, DirectoryFileError)>),
    /// The database failed after some files were imported.
    #[error(
        "{source}\n{done} fichier(s) importé(s) avant l'échec : relancez la commande pour finir"
    )]
    Undone {
        /// How many files were imported.
        done: usize,
        /// What stopped it.
        source: Box<CliError>,
    },
    /// The address has an account.
    #[error("un compte existe déjà pour {0} : choisissez une autre adresse")]
    EmailTaken(String),
    /// The directory has no such establishment.
    #[error(
        "l'établissement {0} ne figure pas dans l'annuaire : vérifiez son UAI, ou importez la liste"
    )]
    NotListed(String),
    /// The log knows nothing of what was asked for.
    #[error(
        "l'établissement, la classe ou l'élève demandé n'existe pas, ou ne va pas avec les autres : \
         vérifiez --establishment, --class et --student"
    )]
    NoHistory,
    /// No event stands where a list should go on.
    #[error(
        "aucun événement n'est à la position {0} : donnez à --after la position du dernier événement reçu"
    )]
    NoSuchPosition(i64),
    /// There is no event yet.
    #[error("le journal est vide : il n'y a rien à sceller")]
    NothingToSeal,
    /// A file cannot be written.
    #[error(
        "{file} ne peut pas être écrit ({error}){}",
        if error.kind() == ErrorKind::AlreadyExists {
            " : choisissez un autre nom, un sceau exporté n'est jamais remplacé"
        } else {
            " : vérifiez que son dossier existe et que vous pouvez y écrire"
        }
    )]
    File {
        /// Its path.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// The work is done, and its report cannot be kept.
    #[error(
        "le rapport n'a pas pu être conservé dans {file} ({error}) : ce qu'il dit est fait, et s'affiche sur \
         la sortie standard"
    )]
    ReportLost {
        /// The path of its file.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file cannot be read.
    #[error("{file} ne se lit pas ({error}) : vérifiez son nom et ses droits")]
    Unreadable {
        /// Its path.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file is not one with a seal.
    #[error(
        "{file} n'est pas un sceau conservé ({error}) : donnez un fichier écrit par « monstage audit \
         seals export »"
    )]
    SealFile {
        /// Its path.
        file: String,
        /// What is wrong with it.
        error: SealFileError,
    },
    /// The log, the read models and the seals do not agree.
    #[error("la vérification a trouvé {}", output::count(*.0, "anomalie", "anomalies"))]
    Unsound(u64),
    /// The establishment may not take part.
    #[error(
        "l'établissement {0} n'est ni REP ni REP+ : un administrateur doit d'abord l'admettre par \
         dérogation"
    )]
    NotEligible(String),
    /// The address is the present head's.
    #[error("{0} est déjà à la tête de cet établissement : il n'y a rien à faire")]
    AlreadyHead(String),
    /// An invitation to another role waits at the address.
    #[error(
        "une invitation à une autre fonction attend déjà à l'adresse {0} : le chef d'établissement \
         doit d'abord l'annuler"
    )]
    InvitedOtherwise(String),
    /// The address is not one of the establishment's staff.
    #[error(
        "{email} ne fait pas partie de l'équipe de l'établissement {uai} : invitez cette personne avec \
         « monstage admin invite-head --uai {uai} --email {email} »"
    )]
    NotStaff {
        /// Which establishment.
        uai: String,
        /// Which address.
        email: String,
    },
    /// The log knows no such pupil.
    #[error(
        "aucun élève n'a l'identifiant {0} : cherchez-le avec « monstage audit log --type \
         StudentRegistered » (pour un membre du personnel : --staff)"
    )]
    NoSuchStudent(PersonId),
    /// The log knows no such member of a staff.
    #[error(
        "aucun membre du personnel n'a l'identifiant {0} : cherchez-le avec « monstage audit log --type \
         StaffJoined » (pour un élève : --student)"
    )]
    NoSuchStaff(PersonId),
    /// Only those who left are erased.
    #[error(
        "{id} fait encore partie de l'équipe de l'établissement {uai} : son chef d'établissement doit \
         d'abord l'en retirer (DELETE /api/v1/establishments/{uai}/staff/{id}) ; pour un chef \
         d'établissement, « monstage admin replace-head » ou « invite-head » nomme d'abord son successeur"
    )]
    StillOnStaff {
        /// Who.
        id: PersonId,
        /// Where.
        uai: Uai,
    },
    /// A head whose departure the log has lost.
    #[error(
        "{0} est à la tête d'un établissement : nommez d'abord son successeur avec « monstage admin \
         replace-head » ou « invite-head », puis relancez la commande"
    )]
    StillHead(PersonId),
    /// Nobody is there to confirm.
    #[error(
        "rien n'est fait sans confirmation : lancez la commande dans un terminal, ou avec --yes"
    )]
    NoConfirmation,
    /// The confirmation was not typed.
    #[error("rien n'a été fait : ce n'est pas ce qu'il fallait taper")]
    NotConfirmed,
    /// Some people were not erased.
    #[error(
        "{left} personne(s) restent à effacer : relancez la commande{}",
        below(.first.as_deref())
    )]
    NotAllErased {
        /// How many.
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
    /// The reset is not begun.
    #[error(transparent)]
    NotPlanned(PlanError),
    /// The address is not an administrator's.
    #[error(
        "{0} n'est pas l'adresse d'un administrateur : donnez celle d'un compte créé avec « monstage admin \
         create »"
    )]
    NotAdministrator(String),
    /// The new school year was not opened everywhere.
    #[error(
        "{} à faire : relancez la même commande{}",
        output::count(*.left, "établissement reste", "établissements restent"),
        below(.first.as_deref())
    )]
    NotAllOpened {
        /// In how many establishments.
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
    /// A list of erasures cannot be read or written.
    #[error("{file} ne peut être ni lu ni écrit ({error}) : vérifiez le chemin et les droits")]
    ErasureFile {
        /// Its path.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// A line of a list of erasures is none.
    #[error(
        "{file}, ligne {line} : ce n'est pas un effacement ({error}) ; rien n'a été effacé. Donnez un \
         fichier écrit par « monstage erase --export »"
    )]
    ErasureLine {
        /// Its path.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// The messages in the folder for mail cannot be looked through.
    #[error(
        "le dossier des messages ne peut pas être parcouru ({0}) : vérifiez MONSTAGE_MAIL_URL et les \
         droits, puis relancez la commande"
    )]
    MailFolder(io::Error),
    /// A name given by flag cannot be one.
    #[error("--first-name et --last-name : de 1 à 100 caractères visibles")]
    Name,
    /// No password was given, and nobody can be asked.
    #[error(
        "aucun mot de passe : définissez MONSTAGE_ADMIN_PASSWORD, ou lancez la commande dans un \
         terminal pour le saisir"
    )]
    NoPassword,
    /// The password was not typed twice the same.
    #[error("les deux saisies du mot de passe diffèrent : recommencez")]
    PasswordsDiffer,
    /// The password breaks a rule.
    #[error("mot de passe refusé. {}", .0.advice())]
    PasswordRule(PasswordRule),
    /// The password cannot be hashed.
    #[error("le mot de passe n'a pas pu être chiffré ({0}) : relancez la commande")]
    Password(PasswordError),
    /// The demo cannot be set up.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// Standard input or output failed.
    #[error("lecture ou écriture impossible ({0})")]
    Io(#[from] io::Error),
}

fn below(detail: Option<&str>) -> String {
    detail.map_or_else(String::new, |detail| format!("\n  {detail}"))
}

fn each(files: &[(String, DirectoryFileError)]) -> String {
    files.iter().fold(String::new(), |list, (file, error)| {
        list + "\n  " + file + " : " + &error.to_string()
    })
}

impl CliError {
    /// 1 failed, 2 wrong usage or refused input, 3 some of the work was left undone.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::DatabaseUrl
            | Self::NoProjection { .. }
            | Self::SealFile { .. }
            | Self::Unreadable { .. }
            | Self::Refused(_)
            | Self::Files(_)
            | Self::EmailTaken(_)
            | Self::NotListed(_)
            | Self::NoHistory
            | Self::NoSuchPosition(_)
            | Self::NotEligible(_)
            | Self::AlreadyHead(_)
            | Self::InvitedOtherwise(_)
            | Self::NotStaff { .. }
            | Self::NoSuchStudent(_)
            | Self::NoSuchStaff(_)
            | Self::StillOnStaff { .. }
            | Self::StillHead(_)
            | Self::NoConfirmation
            | Self::NotConfirmed
            | Self::NotPlanned(_)
            | Self::NotAdministrator(_)
            | Self::ErasureFile { .. }
            | Self::ErasureLine { .. }
            | Self::Name
            | Self::NoPassword
            | Self::PasswordsDiffer
            | Self::PasswordRule(_)
            | Self::Demo(DemoError::OtherData { .. }) => 2,
            Self::Listen { error, .. } if error.kind() == ErrorKind::InvalidInput => 2,
            Self::File { error, .. } if is_about_the_path(error.kind()) => 2,
            Self::Undone { .. }
            | Self::NotAllErased { .. }
            | Self::FilesNotCleaned
            | Self::NotAllOpened { .. }
            | Self::Abandoned => 3,
            _ => 1,
        }
    }

    /// Whether the reader of the output went away (`monstage openapi | head`): nobody to tell.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::BrokenPipe)
    }
}

/// Another path would do, unlike another disk.
fn is_about_the_path(error: ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    )
}

impl From<StoreError> for CliError {
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

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => error.into(),
            error => Self::NotPlanned(error),
        }
    }
}

impl From<CommandError> for CliError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(Refusal::Busy) | CommandError::DecideAgain => Self::Busy,
            CommandError::Refused(refusal) => Self::Refused(refusal),
            CommandError::Store(error) => error.into(),
        }
    }
}
