//! What a rule's refusal says to a head teacher in a hurry.

use commands::{CommandError, Refusal, RosterProblem, RosterReason};

use super::{Code, FieldError, Problem};
use crate::once::key_reused;

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::KeyReused => key_reused(),
            CommandError::DecideAgain => Refusal::Busy.into(),
            CommandError::Store(error) => error.into(),
        }
    }
}

const ESTABLISHMENT_NOT_FOUND: &str = "Cet établissement ne figure pas dans l'annuaire.";
const CLASS_NOT_FOUND: &str =
    "Cette classe n'existe pas ou a été supprimée : rechargez la liste des classes.";
const STUDENT_NOT_FOUND: &str =
    "Cet élève ne fait pas, ou plus, partie de votre établissement : rechargez la liste.";
const INVITATION_NOT_FOUND: &str = "Cette invitation n'est plus en attente : elle a été acceptée ou annulée. Rechargez la \
    liste des invitations.";
const STAFF_NOT_FOUND: &str = "Cette personne ne fait pas, ou plus, partie de l'équipe de l'établissement : rechargez \
    la liste.";
const STILL_ON_STAFF: &str = "Cette personne fait encore partie de l'équipe : retirez-la d'abord.";
const NOT_ELIGIBLE: &str = "Le dispositif est réservé aux collèges REP et REP+, et à ceux qu'un administrateur \
    admet par dérogation.";
const CLOSED: &str = "Ce collège est fermé selon l'annuaire : il n'accueille plus personne, et ceux qui y sont \
    déjà continuent. Cherchez celui qui le remplace, ou adressez-vous au support si c'est une erreur.";
const NOT_REGISTERED: &str = "Le chef d'établissement doit d'abord inscrire le collège.";
const HEAD_REGISTERED: &str = "Cet établissement a déjà un chef d'établissement inscrit : adressez-vous à lui, ou au \
    support si vous lui succédez.";
const HEAD_STAYS: &str =
    "Un établissement garde son chef : la passation se fait par un administrateur.";
const HANDOVER_STAYS: &str = "Cette invitation confie la direction de l'établissement à une autre personne : elle vient d'un \
    administrateur, qui seul peut l'annuler. Si c'est une erreur, adressez-vous au support.";
const ALREADY_INVITED: &str =
    "Une invitation est déjà en attente pour cette adresse : renvoyez-la ou annulez-la.";
const STUDENT_REGISTERED: &str = "Cet élève est déjà inscrit dans un établissement.";
const CLASS_NAME_TAKEN: &str =
    "Une classe de votre établissement porte déjà ce nom : choisissez-en un autre.";
const STALE_VERSION: &str =
    "Un collègue a modifié cette classe entre-temps : rechargez-la, puis recommencez.";
const BUSY: &str = "D'autres personnes modifient la même chose en ce moment ; rien n'a été enregistré. \
    Réessayez dans un instant.";
const TOKEN_INVALID: &str = "Ce lien n'est plus valable : il a déjà servi, a été remplacé par un plus récent ou a \
    expiré. Demandez-en un nouveau.";
const EMAIL_TAKEN: &str = "Cette adresse a déjà un compte.";
const REASON_MISSING: &str = "Indiquez le motif.";
const REASON_TOO_LONG: &str = "Le motif compte plus de 500 caractères : raccourcissez-le.";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (code, sentence) = match refusal {
            Refusal::EstablishmentNotFound => (Code::NotFound, ESTABLISHMENT_NOT_FOUND),
            Refusal::ClassNotFound => (Code::NotFound, CLASS_NOT_FOUND),
            Refusal::StudentNotFound => (Code::NotFound, STUDENT_NOT_FOUND),
            Refusal::InvitationNotFound => (Code::NotFound, INVITATION_NOT_FOUND),
            Refusal::StaffNotFound => (Code::NotFound, STAFF_NOT_FOUND),
            Refusal::StillOnStaff => (Code::Conflict, STILL_ON_STAFF),
            Refusal::EstablishmentNotEligible => (Code::EstablishmentNotEligible, NOT_ELIGIBLE),
            Refusal::EstablishmentClosed => (Code::EstablishmentNotEligible, CLOSED),
            Refusal::EstablishmentNotRegistered => {
                (Code::EstablishmentNotRegistered, NOT_REGISTERED)
            }
            Refusal::HeadAlreadyRegistered => (Code::HeadAlreadyRegistered, HEAD_REGISTERED),
            Refusal::HeadStays => (Code::Forbidden, HEAD_STAYS),
            Refusal::HandoverStays => (Code::Forbidden, HANDOVER_STAYS),
            Refusal::AlreadyInvited => (Code::Conflict, ALREADY_INVITED),
            Refusal::StudentAlreadyRegistered => (Code::Conflict, STUDENT_REGISTERED),
            Refusal::ClassNameTaken => (Code::ClassNameTaken, CLASS_NAME_TAKEN),
            Refusal::ClassNotEmpty { students } => return class_not_empty(students),
            Refusal::StaleVersion { .. } => (Code::StaleVersion, STALE_VERSION),
            Refusal::Busy => (Code::Conflict, BUSY),
            Refusal::TokenInvalid => (Code::TokenInvalid, TOKEN_INVALID),
            Refusal::EmailTaken => return field("email", "taken", EMAIL_TAKEN),
            Refusal::ReasonMissing => return field("reason", "required", REASON_MISSING),
            Refusal::ReasonTooLong => return field("reason", "too_long", REASON_TOO_LONG),
            Refusal::Roster(problems) => return roster(&problems),
        };
        Self::new(code, sentence)
    }
}

fn class_not_empty(students: usize) -> Problem {
    let detail = if students == 1 {
        "Cette classe contient encore 1 élève : déplacez-le d'abord.".to_owned()
    } else {
        format!("Cette classe contient encore {students} élèves : déplacez-les d'abord.")
    };
    Problem::new(Code::ClassNotEmpty, detail)
}

fn field(field: &str, code: &'static str, detail: &'static str) -> Problem {
    Problem::new(Code::Validation, detail).with_errors(vec![FieldError {
        field: field.to_owned(),
        code: code.into(),
        detail: detail.into(),
    }])
}

/// One problem for the whole request, of the kind of its first line at fault. What is said of each line is told
/// where the pupils' names are known.
fn roster(problems: &[RosterProblem]) -> Problem {
    let code = problems
        .first()
        .map_or(Code::Conflict, |first| roster_code(first.reason));
    let detail = match problems.len() {
        1 => "1 changement est impossible : rien n'a été enregistré. Corrigez-le ou retirez-le, \
              puis enregistrez de nouveau."
            .to_owned(),
        n => format!(
            "{n} changements sont impossibles : rien n'a été enregistré. Corrigez-les ou \
             retirez-les, puis enregistrez de nouveau."
        ),
    };
    Problem::new(code, detail)
}

fn roster_code(reason: RosterReason) -> Code {
    match reason {
        RosterReason::StudentNotFound | RosterReason::ClassNotFound => Code::NotFound,
        RosterReason::MovedMeanwhile { .. } => Code::StudentMovedMeanwhile,
        RosterReason::Repeated => Code::Validation,
        RosterReason::MayNotAssign => Code::Forbidden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentence is what the head teacher acts on; it has to be right for one pupil too.
    #[test]
    fn a_class_that_is_not_empty_says_how_many_are_left() {
        let detail = |students| {
            Problem::from(Refusal::ClassNotEmpty { students })
                .detail()
                .to_owned()
        };
        assert_eq!(
            detail(1),
            "Cette classe contient encore 1 élève : déplacez-le d'abord."
        );
        assert_eq!(
            detail(3),
            "Cette classe contient encore 3 élèves : déplacez-les d'abord."
        );
    }
}
