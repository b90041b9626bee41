use super::Format;

/// Why a file is refused as a whole. Each message, in French, says what is
/// wrong and what the person running the import can do about it. The header is line 1.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFileError {
    #[error("fichier illisible ({0}) : vérifiez qu'il existe et que vous avez le droit de le lire")]
    Unreadable(#[from] std::io::Error),

    /// No byte, or only white space.
    #[error("fichier vide : téléchargez la liste à nouveau")]
    Empty,

    /// A workbook (xlsx, ods, xls) or another archive.
    #[error(
        "ce fichier est un classeur ou une archive, pas un CSV : ouvrez-le dans un tableur et \
         enregistrez-le en CSV (UTF-8, séparateur point-virgule)"
    )]
    Workbook,

    /// Holds NUL bytes, which no text in UTF-8 does.
    #[error(
        "ce fichier n'est pas du texte en UTF-8 : enregistrez-le en CSV (UTF-8, séparateur \
         point-virgule)"
    )]
    Binary,

    /// Text in another encoding, often Windows-1252 out of a spreadsheet.
    #[error(
        "la ligne {line} n'est pas en UTF-8 : enregistrez le fichier en CSV UTF-8 (séparateur \
         point-virgule)"
    )]
    NotUtf8 { line: u64 },

    /// The first line is not that of a known list.
    #[error(
        "les titres de colonnes ne sont ceux d'aucune des trois listes attendues : {}, {} ou {} ; \
         la première ligne doit porter les titres du ministère, séparés par des points-virgules",
        Format::PriorityEducationList,
        Format::EstablishmentList,
        Format::Annuaire
    )]
    UnknownHeaders,

    /// A known list without columns that the import cannot do without.
    #[error(
        "ce fichier ressemble à {format}, mais il y manque {} : reprenez le fichier tel que \
         publié, sans retirer ni renommer de colonne",
        quoted(columns)
    )]
    MissingColumns {
        format: Format,
        columns: Vec<&'static str>,
    },

    /// Two columns of the same name: which one holds the truth is anyone's guess.
    #[error("deux colonnes s'appellent « {column} » : n'en gardez qu'une")]
    DuplicateColumn { column: String },

    /// A quote opened and never closed swallows every row after it.
    #[error(
        "un guillemet ouvert dans l'enregistrement de la ligne {line} n'est jamais refermé : \
         le fichier est tronqué ou abîmé, téléchargez-le à nouveau"
    )]
    UnclosedQuote { line: u64 },
}

fn quoted(columns: &[&str]) -> String {
    let names: Vec<_> = columns.iter().map(|name| format!("« {name} »")).collect();
    let noun = if names.len() == 1 {
        "la colonne"
    } else {
        "les colonnes"
    };
    format!("{noun} {}", names.join(", "))
}
