//! What can go wrong: for each kind its code, its status and its title.

use axum::http::StatusCode;
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* $code,)+
        }

        impl Code {
            /// The status it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)+ }
            }

            /// What people read, in French.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)+ }
            }

            /// The written form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)+ }
            }

            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];
        }
    };
}

codes! {
    /// Input was understood and refused: `errors` names the fields.
    Validation = "validation", UNPROCESSABLE_ENTITY, "Informations à corriger";
    /// Input could not be understood.
    Malformed = "malformed", BAD_REQUEST, "Demande illisible";
    /// No session, or one that ended.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Connexion nécessaire";
    /// Address or password wrong; which of the two is not said.
    CredentialsInvalid = "credentials_invalid", UNAUTHORIZED, "Identifiants incorrects";
    /// Not within the caller's role.
    Forbidden = "forbidden", FORBIDDEN, "Action non autorisée";
    /// Does not exist, or belongs to another establishment.
    NotFound = "not_found", NOT_FOUND, "Introuvable";
    /// The address exists, for other methods: see `Allow`.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Méthode non prise en charge";
    /// More than a request may hold.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "Demande trop volumineuse";
    /// One name per establishment and school year.
    ClassNameTaken = "class_name_taken", CONFLICT, "Nom de classe déjà pris";
    /// Only an empty class is deleted.
    ClassNotEmpty = "class_not_empty", CONFLICT, "Classe non vide";
    /// The student is no longer where the caller saw them.
    StudentMovedMeanwhile = "student_moved_meanwhile", CONFLICT, "Élève déplacé entre-temps";
    /// The class changed since the caller read it.
    StaleVersion = "stale_version", PRECONDITION_FAILED, "Classe modifiée entre-temps";
    /// Others changed the same things at the same moment.
    Conflict = "conflict", CONFLICT, "Modifications simultanées";
    /// Neither REP nor REP+, nor admitted.
    EstablishmentNotEligible = "establishment_not_eligible", CONFLICT, "Établissement non éligible";
    /// Its head has not registered it.
    EstablishmentNotRegistered = "establishment_not_registered", CONFLICT,
        "Établissement non inscrit";
    /// One head per establishment.
    HeadAlreadyRegistered = "head_already_registered", CONFLICT,
        "Chef d'établissement déjà inscrit";
    /// It is not the students' turn yet.
    StudentsNotAdmittedYet = "students_not_admitted_yet", CONFLICT,
        "Inscription des élèves pas encore ouverte";
    /// Another request was carried out under this `Idempotency-Key`.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY,
        "Clé de demande déjà utilisée";
    /// The same request is under way.
    IdempotencyKeyInUse = "idempotency_key_in_use", CONFLICT, "Demande en cours";
    /// The address is not one of the establishment's.
    EmailNotAllowed = "email_not_allowed", UNPROCESSABLE_ENTITY, "Adresse non autorisée";
    /// A link was used, replaced or revoked, or has expired.
    TokenInvalid = "token_invalid", GONE, "Lien périmé";
    /// Too much was asked lately: see `Retry-After`.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Trop de demandes";
    /// The server cannot answer for now.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Service momentanément indisponible";
    /// The server failed.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Erreur du service";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The written form of a code stands in three places: the macro's text, serde, and `type`.
    #[test]
    fn codes_are_written_the_same_everywhere() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
