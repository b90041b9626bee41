use std::fmt;

/// Which of the three public lists a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The ministry's yearly list of the schools in REP and REP+ networks.
    PriorityEducationList,
    /// The list of every collège, lycée and EREA with its priority label.
    EstablishmentList,
    /// The export of the "Annuaire de l'éducation".
    Annuaire,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PriorityEducationList => "la liste des écoles et collèges REP et REP+",
            Self::EstablishmentList => "la liste des établissements (collèges et lycées)",
            Self::Annuaire => "l'export de l'Annuaire de l'éducation",
        })
    }
}

/// What a column holds, whatever a publisher calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Uai,
    Kind,
    Name,
    City,
    Priority,
    PostalCode,
    Department,
    Academy,
    Mailbox,
    State,
}

use Column::{Academy, City, Department, Kind, Mailbox, Name, PostalCode, Priority, State, Uai};

/// Names of one column: first the publisher's own, then others accepted in its place. They are
/// compared normalised, so that case, accents, spaces, underscores and apostrophes need no entry
/// of their own.
pub(super) type Names = (Column, &'static [&'static str]);

/// Every list says which school, of which type, called what, where, and its priority label. The
/// last is required too: were it renamed, an import without it would quietly leave last year's
/// labels in place.
pub(super) const REQUIRED: [Column; 5] = [Uai, Kind, Name, City, Priority];

/// The lists as their publishers head them.
pub(super) const FORMATS: [(Format, &[Names]); 3] = [
    (Format::PriorityEducationList, PRIORITY_EDUCATION_LIST),
    (Format::EstablishmentList, ESTABLISHMENT_LIST),
    (Format::Annuaire, ANNUAIRE),
];

const PRIORITY_EDUCATION_LIST: &[Names] = &[
    (Uai, &["NUMERO", "NUMERO UAI", "N° UAI", "UAI"]),
    (Kind, &["TYPE_DETABLISSEMENT", "TYPE ETABLISSEMENT"]),
    (Name, &["NOM DE L'ETABLISSEMENT", "NOM ETABLISSEMENT"]),
    (City, &["COMMUNE", "NOM COMMUNE"]),
    (Priority, &["EP", "REP/REP+", "EDUCATION PRIORITAIRE"]),
    (Department, &["DEPARTEMENT", "LIBELLE DEPARTEMENT"]),
    (Academy, &["ACADEMIE", "LIBELLE ACADEMIE"]),
    (
        Mailbox,
        &["contact collège ou circonscription", "contact", "Mail"],
    ),
];

const ESTABLISHMENT_LIST: &[Names] = &[
    (Uai, &["uai", "code_uai", "numero_uai"]),
    (Kind, &["type_etab"]),
    (Name, &["nom_etablissement", "nom_etab"]),
    (City, &["commune"]),
    (Priority, &["zone_ep"]),
    (PostalCode, &["code_postal"]),
];

const ANNUAIRE: &[Names] = &[
    (
        Uai,
        &["Identifiant_de_l_etablissement", "Code_etablissement"],
    ),
    (Kind, &["Type_etablissement", "Type_d_etablissement"]),
    (Name, &["Nom_etablissement", "Nom_de_l_etablissement"]),
    (City, &["Nom_commune", "Libelle_commune"]),
    (
        Priority,
        &[
            "Appartenance_Education_Prioritaire",
            "Education_prioritaire",
        ],
    ),
    (PostalCode, &["Code_postal"]),
    (Department, &["Libelle_departement", "Departement"]),
    (Academy, &["Libelle_academie", "Academie"]),
    (Mailbox, &["Mail", "Courriel"]),
    (State, &["etat", "etat_etablissement"]),
];
